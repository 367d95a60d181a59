from dataclasses import replace
from datetime import timedelta

import pytest

from front_builders import NOON, ask, front_of, kit_of, world_at
from tocsin.core.errors import Forbidden, NotFound
from tocsin.core.escalation import PageStatus
from tocsin.core.event import Severity
from tocsin.httpkit.doors import Door
from tocsin.replies.links import PATH, Grant, Reply, sign
from tocsin.replies.page import Standing
from tocsin.replies.routes import dress, reply_routes

KEYS = [b"k" * 32]
AFTER = {
    Reply.ACKNOWLEDGE: PageStatus.ACKNOWLEDGED,
    Reply.RESOLVE: PageStatus.RESOLVED,
    Reply.DECLINE: PageStatus.TRIGGERED,
}


class Book:
    """What was done by links, and how things stand."""

    def __init__(self):
        self.standing = Standing(title="Disk full", severity=Severity.ERROR, status=PageStatus.TRIGGERED)
        self.done = []
        self.refusal = None

    async def look(self, grant, now):  # noqa: ARG002 -- as the routes call it
        if self.refusal:
            raise self.refusal
        return self.standing

    async def act(self, grant, comment, now):
        if self.refusal:
            raise self.refusal
        self.done.append((grant.reply, comment, now))
        self.standing = replace(self.standing, status=AFTER[grant.reply])
        return self.standing


@pytest.fixture
def book():
    return Book()


@pytest.fixture
def front(book, tmp_path):
    world = world_at(tmp_path)
    kit = kit_of(world)
    door = Door(
        name="replies",
        prefixes=(PATH,),
        routes=tuple(reply_routes(book, KEYS)),
        authenticate=kit.tokens.bearer,
        dress=dress,
    )
    yield front_of(kit, door)
    world.database.close()


def path(reply=Reply.ACKNOWLEDGE, *, good_for=timedelta(days=1)):
    grant = Grant(reply=reply, workspace=1, notification=2, user=3, page=4, expires_at=NOON + good_for)
    return f"{PATH}/{sign(grant, KEYS)}"


@pytest.mark.parametrize("reply", list(Reply))
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_following_a_link_changes_nothing(front, book, reply, method):
    answer = ask(front, method, path(reply), token=None)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert book.done == []


@pytest.mark.parametrize("reply", list(Reply))
def test_the_button_acts_and_says_so(front, book, reply):
    answer = ask(front, "POST", path(reply), token=None, data={"confirm": "yes", "comment": " on\r\n it "})

    assert answer.status_code == 200
    assert "<form" not in answer.text
    assert book.done == [(reply, "on it", NOON)]


def test_pressing_it_twice_is_no_error(front):
    answers = [ask(front, "POST", path(), token=None, data={"confirm": "yes"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]


@pytest.mark.parametrize(
    "data", [{}, {"confirm": "no"}, {"comment": "yes"}, {"List-Unsubscribe": "One-Click"}]
)
def test_a_post_that_confirms_nothing_only_asks(front, book, data):
    answer = ask(front, "POST", path(Reply.ACKNOWLEDGE), token=None, data=data)

    assert answer.status_code == 200
    assert "Do you have it?" in answer.text
    assert book.done == []


def test_a_mail_program_declines_with_one_click(front, book):
    """RFC 8058: the body alone confirms, and there is nobody to read a page."""
    answer = ask(front, "POST", path(Reply.DECLINE), token=None, data={"List-Unsubscribe": "One-Click"})

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert book.done == [(Reply.DECLINE, "", NOON)]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_that_expired_or_broke_does_nothing(front, book, method):
    data = {"confirm": "yes"} if method == "POST" else None
    expired = ask(front, method, path(good_for=timedelta(0)), token=None, data=data)
    broken = ask(front, method, path()[:-1] + "!", token=None, data=data)

    assert (expired.status_code, broken.status_code) == (410, 404)
    assert book.done == []


@pytest.mark.parametrize(("refusal", "status"), [(NotFound("page", "page_1"), 404), (Forbidden("no"), 403)])
def test_somebody_who_may_no_longer_answer_is_told_on_a_page(front, book, refusal, status):
    book.refusal = refusal

    for method in ("GET", "POST"):
        answer = ask(front, method, path(), token=None, data={"confirm": "yes"} if method == "POST" else None)
        assert answer.status_code == status
        assert "You can no longer answer by this link" in answer.text


@pytest.mark.parametrize(
    ("content", "status"), [(b"confirm=%FF", 400), (b"\xff", 400), (b"comment=" + b"x" * 20_000, 413)]
)
def test_a_damaged_form_changes_nothing(front, book, content, status):
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = ask(front, "POST", path(), token=None, headers=headers, content=content)

    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert book.done == []


def test_a_long_comment_is_cut(front, book):
    ask(front, "POST", path(), token=None, data={"confirm": "yes", "comment": "x" * 2_000})

    assert len(book.done[0][1]) == 500


def test_a_fault_of_ours_is_an_apology_with_a_trace(front, book):
    book.refusal = RuntimeError("hunter2")
    answer = ask(front, "GET", path(), token=None)

    assert answer.status_code == 500
    assert "tell your operator" in answer.text
    assert "hunter2" not in answer.text
