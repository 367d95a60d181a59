import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from builders import NOW
from configured import Office, open_office
from front_builders import NoWire
from tocsin.actions.actor import Actor
from tocsin.actions.hand_paging import page_by_hand
from tocsin.core.errors import Forbidden, NotFound
from tocsin.core.escalation import Page, PageStatus, UserTarget
from tocsin.core.ids import NotificationId, PageId, WorkspaceId
from tocsin.core.people import Role, UserStatus
from tocsin.replies.answers import PageAnswers
from tocsin.replies.links import Grant, Reply
from tocsin.replies.page import Standing
from tocsin.store import alerts, pages, people
from tocsin.world import World


@dataclass(frozen=True)
class Night:
    """An office in which Ben is paged."""

    office: Office
    ben: Actor
    page: Page

    @property
    def answers(self) -> PageAnswers:
        database = self.office.database
        world = World(
            now=lambda: NOW, chance=lambda: 0.5, new_id=database.new_id, database=database, wire=NoWire()
        )
        return PageAnswers(world)

    def grant(self, reply: Reply = Reply.ACKNOWLEDGE, **changes: object) -> Grant:
        grant = Grant(
            reply=reply,
            workspace=self.office.workspace,
            notification=NotificationId(1),
            user=self.ben.user,
            page=self.page.id,
            expires_at=NOW + timedelta(days=1),
        )
        return replace(grant, **changes)

    def look(self, **changes: object) -> Standing:
        return asyncio.run(self.answers.look(self.grant(**changes), NOW))

    def act(self, reply: Reply, comment: str = "", **changes: object) -> Standing:
        return asyncio.run(self.answers.act(self.grant(reply, **changes), comment, NOW))


@pytest.fixture
def night(database) -> Night:
    office = open_office(database)
    ben = office.hire("Ben")
    page = office.do(
        page_by_hand, title="Disk full", targets=[UserTarget(user=ben.user)], service=office.service.id
    )
    return Night(office, ben, page)


def test_looking_says_how_things_stand_and_changes_nothing(night):
    standing = night.look()

    assert (standing.title, standing.status, standing.who, standing.service) == (
        "Disk full",
        PageStatus.TRIGGERED,
        "Ben",
        "Shop",
    )
    assert [line.title for line in standing.alerts] == ["Disk full"]
    assert night.look() == standing


def test_who_acknowledges_by_a_link_has_it_in_their_own_name(night):
    standing = night.act(Reply.ACKNOWLEDGE, "on my way")

    (alert,) = night.office.run(lambda tx, _by: alerts.of_page(tx, night.page.id))
    assert (standing.status, standing.acknowledged_by) == (PageStatus.ACKNOWLEDGED, "Ben")
    assert (alert.acknowledgement.by, alert.acknowledgement.comment) == (night.ben.user, "on my way")
    assert alert.acknowledgement.how == "link"


def test_who_resolves_by_a_link_ends_it(night):
    assert night.act(Reply.RESOLVE).status is PageStatus.RESOLVED


def test_who_declines_is_asked_no_more_and_the_page_goes_on(night):
    standing = night.act(Reply.DECLINE)

    page = night.office.run(lambda tx, by: pages.find(tx, by.workspace, night.page.id))
    assert standing.status is PageStatus.TRIGGERED
    assert [responder.declined for responder in page.responders if responder.user == night.ben.user] == [True]


@pytest.mark.parametrize("reply", list(Reply))
def test_an_answer_may_be_given_twice(night, reply):
    first = night.act(reply)

    assert night.act(reply).status is first.status


def test_what_is_over_already_is_no_error(night):
    night.act(Reply.RESOLVE)

    assert night.act(Reply.ACKNOWLEDGE).status is PageStatus.RESOLVED


def test_a_person_who_has_left_can_no_longer_answer(night):
    ben = night.office.user(night.ben)
    gone = replace(ben, status=UserStatus.DEACTIVATED)
    night.office.run(lambda tx, _by: people.save(tx, gone, ben))

    with pytest.raises(Forbidden):
        night.act(Reply.ACKNOWLEDGE)
    with pytest.raises(Forbidden):
        night.look()


def test_a_person_who_may_only_look_cannot_answer(database):
    office = open_office(database)
    vera = office.hire("Vera", Role.VIEWER)
    page = office.do(
        page_by_hand, title="Disk full", targets=[UserTarget(user=vera.user)], service=office.service.id
    )

    with pytest.raises(Forbidden):
        Night(office, vera, page).act(Reply.ACKNOWLEDGE)


@pytest.mark.parametrize("changes", [{"page": PageId(7)}, {"workspace": WorkspaceId(7)}, {"page": None}])
def test_a_link_to_what_is_not_there_leads_nowhere(night, changes):
    with pytest.raises(NotFound):
        night.act(Reply.ACKNOWLEDGE, **changes)
