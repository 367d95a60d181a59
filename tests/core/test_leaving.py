"""What breaks when somebody leaves."""

from dataclasses import replace

import pytest

from builders import NOW, directory, person, plan, schedule, step, target, team
from tocsin.core.escalation import EscalationPolicy
from tocsin.core.ids import EscalationPolicyId
from tocsin.core.leaving import breaks

ANA, BEN = person("Ana", "email"), person("Ben", "email")
ALONE, BOTH = schedule("Alone", ANA), schedule("Both", ANA, BEN)
OPS = team("Ops", ANA, BEN)
FIRST = "step 1 of escalation policy Backend would reach nobody"


def asked_by(*steps, things=(ANA, BEN, ALONE, BOTH, OPS)):
    here = directory(*things)
    policy = EscalationPolicy(
        id=EscalationPolicyId(7), workspace=here.workspace, name="Backend", plan=plan(*steps)
    )
    return replace(here, escalation_policies={policy.id: policy})


@pytest.mark.parametrize(
    ("here", "broken"),
    [
        (
            asked_by(step(target(ANA)), things=(ANA, BEN)),
            ["step 1 of escalation policy Backend would reach nobody"],
        ),
        (asked_by(step(target(BEN)), things=(ANA, BEN)), []),
        (asked_by(step(target(ANA), target(BEN)), things=(ANA, BEN)), []),
        (asked_by(step(target(OPS)), things=(ANA, BEN, OPS)), []),
        (
            asked_by(step(target(BEN)), step(target(ALONE)), things=(ANA, BEN, ALONE)),
            [
                "Ana is alone on call for Alone now",
                "Ana is alone on call for Alone next",
                "step 2 of escalation policy Backend would reach nobody",
            ],
        ),
    ],
)
def test_what_would_reach_nobody_is_said_before_somebody_goes(here, broken):
    assert [text for text in breaks(here, ANA, NOW) if "next" not in text] == [
        text for text in broken if "next" not in text
    ]


def test_whoever_nothing_asks_breaks_nothing():
    assert breaks(asked_by(step(target(BEN)), things=(ANA, BEN)), ANA, NOW) == ()
