import pytest

from builders import NOW
from tocsin.core.errors import Invalid
from tocsin.core.ids import LayerId, ScheduleId, TeamId, UserId, WorkspaceId
from tocsin.core.schedule import Layer, Schedule
from tocsin.core.spelling import to_uuid
from tocsin.dialects.datadog.schedules.query import TERMS_MAX, read_query

ANA, BEN, CLO = UserId(1), UserId(2), UserId(3)
OPS, WEB = TeamId(4), TeamId(5)
PRIMARY = Schedule(
    id=ScheduleId(6),
    workspace=WorkspaceId(7),
    name="Primary On-Call (Ops)",
    time_zone="UTC",
    teams=(OPS,),
    layers=(
        Layer(
            id=LayerId(8), name="a", effective_date=NOW, rotation_start=NOW, days=1, members=(ANA, None, BEN)
        ),
    ),
)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", True),
        ("   ", True),
        ("*", True),
        ("primary", True),
        ("PRIM", True),
        ("mary on", True),
        ("ops primary", True),
        ('"on-call (ops"', True),
        ('"call on"', False),
        ("prim*call", True),
        ("call*prim", False),
        ("*call*", True),
        ("(ops)", True),
        ("secondary", False),
        ("primary secondary", False),
        ("%", False),
        (".", False),
        (f"team.id:{to_uuid(OPS)}", True),
        (f"team.id:{to_uuid(OPS).upper()}", True),
        (f"team.id:{to_uuid(WEB)}", False),
        ("team.id:11111111-2222-3333-4444-555555555555", False),
        (f"user.id:{to_uuid(BEN)}", True),
        (f"user.id:{to_uuid(CLO)}", False),
        (f"user.id:({to_uuid(CLO)} OR {to_uuid(BEN)})", True),
        (f"user.id:( {to_uuid(CLO)} OR {to_uuid(CLO)} )", False),
        (f"team.id:{to_uuid(OPS)} user.id:{to_uuid(ANA)} prim", True),
        (f"team.id:{to_uuid(OPS)} user.id:{to_uuid(CLO)} prim", False),
        (f"prim team.id:{to_uuid(WEB)}", False),
    ],
)
def test_every_term_of_a_query_must_hold(text, meant):
    assert read_query(text)(PRIMARY) is meant


@pytest.mark.parametrize(
    "text",
    [
        "team.id:",
        "team.id:ops",
        "user.id:()",
        f"user.id:({to_uuid(ANA)} AND {to_uuid(BEN)})",
        f"user.id:({to_uuid(ANA)}",
        f"team.name:{to_uuid(OPS)}",
        '"never closed',
        " ".join(["a"] * (TERMS_MAX + 1)),
    ],
)
def test_a_query_that_cannot_be_read_is_refused(text):
    with pytest.raises(Invalid) as refused:
        read_query(text)

    assert refused.value.path == "filter[query]"
