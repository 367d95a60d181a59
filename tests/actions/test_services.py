from dataclasses import replace

import pytest

import builders
from builders import NOW
from configured import entropy
from tocsin.actions import alert_policies, integrations, keys, services, silences
from tocsin.actions.key_kinds import KeyKind
from tocsin.core.alert_policy import AlertPolicy, Scope
from tocsin.core.errors import Conflict, Forbidden, Invalid, NotFound
from tocsin.core.filters import EVERYTHING
from tocsin.core.ids import UNMADE, AlertPolicyId, ServiceId, SilenceId, TeamId, WorkspaceId
from tocsin.core.service import Integration, Service
from tocsin.core.silence import Silence
from tocsin.store import alerts


def draft(name="Depot", **more):
    values = {"id": ServiceId(UNMADE), "workspace": WorkspaceId(UNMADE), "name": name, "slug": ""} | more
    return Service(**values)


def test_a_service_gets_a_slug_of_its_name_and_keeps_one_of_its_own(office):
    assert office.do(services.create, draft("Online Depot")).slug == "online-depot"
    assert office.do(services.create, draft("Depot", slug="d.1")).slug == "d.1"
    with pytest.raises(Conflict, match=r"slug 'd\.1'"):
        office.do(services.create, draft("Other", slug="d.1"))


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"name": " "}, "name"),
        ({"name": "店"}, "slug"),
        ({"slug": "svc_000000000002"}, "slug"),
        ({"team": TeamId(7)}, "team"),
        ({"description": "\0"}, "description"),
    ],
)
def test_a_service_that_cannot_be_is_refused(office, change, path):
    with pytest.raises(Invalid) as refused:
        office.do(services.create, replace(draft(), **change))

    assert refused.value.path == path


def test_a_service_that_raises_alerts_or_is_named_stays(office):
    shop = office.service
    alert = replace(builders.alert(), workspace=office.workspace, service=shop.id)
    office.database.transact(lambda tx: alerts.insert_many(tx, [alert]))
    scope = Scope(services=frozenset({shop.id}), filter=EVERYTHING)
    policy = AlertPolicy(id=AlertPolicyId(UNMADE), workspace=office.workspace, name="Shop's", scope=scope)
    office.do(alert_policies.create, policy)
    quiet = Silence(
        id=SilenceId(UNMADE),
        workspace=office.workspace,
        name="Night",
        filter=EVERYTHING,
        services=frozenset({shop.id}),
        starts_at=NOW,
    )
    office.do(silences.create, quiet)
    office.do(keys.create, kind=KeyKind.TOCSIN, name="ci", service=shop.id, entropy=entropy)

    with pytest.raises(Conflict) as refused:
        office.do(services.delete, shop.id)

    assert str(refused.value) == (
        "service Shop is in use by 1 firing alert, alert policy Shop's, silence Night and key ci;"
        " take it out there first"
    )


def test_a_service_goes_with_its_integrations(office):
    depot = office.do(services.create, draft())
    door = Integration(id=UNMADE, workspace=office.workspace, service=depot.id, kind="generic", name="Uptime")
    opened = office.do(integrations.create, door, entropy=entropy)

    office.do(services.delete, depot.id)

    with pytest.raises(NotFound):
        office.run(integrations.get, opened.integration.id)
    assert office.log()[0].action == "deleted"


def test_services_are_for_those_who_configure(office):
    rita = office.hire("Rita")

    for action, arguments in (
        (services.create, (draft(),)),
        (services.change, (office.service.id, lambda was: was)),
        (services.delete, (office.service.id,)),
    ):
        with pytest.raises(Forbidden):
            office.do(action, *arguments, by=rita)
    assert office.run(services.list_, limit=9, by=rita).total == 1
