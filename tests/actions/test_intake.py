"""Events on their way in: whose they are, and that one wrong body keeps no other from being taken."""

from dataclasses import dataclass, replace

import pytest

import stored
from api_world import DEPOT, NOW, SHOP, directory
from routing_builders import event
from tocsin.actions.actor import Actor
from tocsin.actions.intake import Parcel, UnknownService, service_for, take_in
from tocsin.core.errors import Invalid
from tocsin.core.event import Event
from tocsin.core.ids import EventId, IntegrationId, ServiceId, WorkspaceId
from tocsin.core.spelling import native, to_hex_24, to_hex_32, to_lettered, to_uuid
from tocsin.store import events

HERE, NEXT_DOOR = WorkspaceId(1), WorkspaceId(9)


@dataclass(frozen=True)
class Draft:
    """A draft that names *service*."""

    service: str = ""
    title: str = "Disk full"

    def event(self, *, id: EventId, workspace, service, integration=None) -> Event:  # noqa: A002 - the field's name
        return event(
            id=id,
            workspace=workspace,
            service=service,
            integration=integration,
            title=self.title,
            dedup_key=self.title,
        )


@pytest.fixture
def database(database):
    def fill(tx):
        stored.put(tx, directory(), now=NOW)
        other = directory(workspace=NEXT_DOOR, users={}, services={}, escalation_policies={}, caught=False)
        stored.put(tx, other, now=NOW)

    database.transact(fill)
    return database


def parcel(*drafts: Draft, **fields) -> Parcel:
    return Parcel(**({"workspace": HERE, "drafts": drafts or (Draft(),)} | fields))


def taken(database, *parcels: Parcel):
    return database.transact(lambda tx: take_in(tx, parcels, NOW))


def services_of(database, ids) -> list[int]:
    return [each.service for each in database.read_now(lambda tx: events.get_many(tx, ids))]


@pytest.mark.parametrize(
    "name",
    [
        "depot",
        native("service", DEPOT),
        to_uuid(DEPOT),
        to_hex_24(DEPOT),
        to_hex_32("x_", DEPOT),
        to_lettered("S", DEPOT),
    ],
)
def test_a_service_is_found_by_its_slug_or_its_id_in_any_spelling(database, name):
    (ids,) = taken(database, parcel(Draft(name)))

    assert services_of(database, ids) == [DEPOT]


@pytest.mark.parametrize(
    ("usual", "service"),
    [(DEPOT, DEPOT), (None, SHOP), (ServiceId(77), SHOP)],
    ids=["its own", "none", "one that is gone"],
)
def test_what_names_no_service_goes_to_the_usual_one_and_else_to_the_oldest(database, usual, service):
    (ids,) = taken(database, parcel(service=usual))

    assert services_of(database, ids) == [service]


def test_a_wrong_parcel_is_told_so_and_the_others_are_taken(database):
    first, wrong, last = taken(
        database,
        parcel(Draft(title="a"), Draft(title="b")),
        parcel(Draft(title="c"), Draft("nope", title="d")),
        parcel(Draft(title="e"), integration=IntegrationId(5)),
    )

    assert wrong == UnknownService(1, "nope")
    found = database.read_now(lambda tx: events.get_many(tx, [*first, *last]))
    assert [(each.title, each.integration) for each in found] == [("a", None), ("b", None), ("e", 5)]
    assert database.read_now(lambda tx: events.list_(tx, HERE, limit=9)).total == 3


def test_workspaces_do_not_see_each_other_s_services(database):
    (outcome,) = taken(database, parcel(Draft("shop"), workspace=NEXT_DOOR))

    assert outcome == UnknownService(0, "shop")


def test_a_workspace_without_services_takes_nothing_and_says_why(database):
    (outcome,) = taken(database, parcel(workspace=NEXT_DOOR))

    assert str(outcome) == "service is missing; it must name one; make a service first, for there is none"


def test_a_service_is_found_for_whoever_pages_by_hand(database):
    someone = Actor.of_server(HERE)

    def find(name, actor=someone):
        return database.read_now(lambda tx: service_for(tx, actor, name))

    assert (find(None), find(""), find("depot"), find(None, replace(someone, service=DEPOT))) == (
        SHOP,
        SHOP,
        DEPOT,
        DEPOT,
    )
    with pytest.raises(Invalid) as refused:
        find("x" * 500)
    assert refused.value.path == "service"
    assert len(str(refused.value)) < 250
