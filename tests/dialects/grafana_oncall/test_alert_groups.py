import pytest

from grafana_office import ADA_ID, OPS_ID, REA_ID, Office, unknown
from tocsin.actions import paging
from tocsin.dialects.grafana_oncall.spelled import write
from tocsin.sources.grafana_oncall import oncall_address_door


@pytest.fixture
def office(database) -> Office:
    return Office(database, doors=(oncall_address_door,))


@pytest.fixture
def door(office) -> dict:
    return office.post("integrations", {"type": "formatted_webhook", "name": "Web"})


def fire(office: Office, door: dict, uid: str = "1", **payload) -> str:
    """Send an alert; give the id of its group."""
    body = {"alert_uid": uid, "title": f"Trouble {uid}"} | payload
    assert office.call("POST", door["link"].removeprefix("http://tocsin.test"), body).status_code == 200
    return office.list("alerts")[0]["alert_group_id"]


def act(office: Office, group: str, verb: str, body=None, **more):
    return office.call("POST", f"alert_groups/{group}/{verb}", body, **more)


def state(office: Office, group: str) -> str:
    return office.get(f"alert_groups/{group}")["state"]


@pytest.mark.parametrize(
    ("before", "verb", "after"),
    [
        ((), "acknowledge", "acknowledged"),
        (("acknowledge",), "acknowledge", "Can't acknowledge an acknowledged alert group"),
        (("resolve",), "acknowledge", "Can't acknowledge a resolved alert group"),
        (("acknowledge", "resolve"), "acknowledge", "Can't acknowledge an acknowledged alert group"),
        (("silence",), "acknowledge", "acknowledged"),
        (("acknowledge",), "unacknowledge", "firing"),
        ((), "unacknowledge", "Can't unacknowledge an unacknowledged alert group"),
        (("acknowledge", "resolve"), "unacknowledge", "Can't unacknowledge a resolved alert group"),
        ((), "resolve", "resolved"),
        (("resolve",), "resolve", "Can't resolve a resolved alert group"),
        (("silence",), "resolve", "resolved"),
        (("resolve",), "unresolve", "firing"),
        ((), "unresolve", "Can't unresolve an unresolved alert group"),
        ((), "silence", "silenced"),
        (("silence",), "silence", "silenced"),
        (("resolve",), "silence", "Can't silence a resolved alert group"),
        (("acknowledge",), "silence", "Can't silence an acknowledged alert group"),
        (("silence",), "unsilence", "firing"),
        ((), "unsilence", "Can't unsilence an unsilenced alert group"),
    ],
)
def test_each_action_does_one_thing_and_is_refused_where_it_makes_no_sense(office, door, before, verb, after):
    group = fire(office, door)
    for earlier in before:
        assert act(office, group, earlier, {"delay": 60}).status_code == 200
    stood = state(office, group)

    answer = act(office, group, verb, {"delay": 60})

    if after.startswith("Can't"):
        assert (answer.status_code, answer.json()) == (400, {"detail": after})
        assert state(office, group) == stood
    else:
        assert (answer.status_code, answer.content) == (200, b"")
        assert state(office, group) == after


def test_what_was_done_is_told_with_when_and_by_whom(office, door):
    group = fire(office, door)
    act(office, group, "acknowledge")
    office.api.clock.pass_time(minutes=5)
    act(office, group, "resolve")

    shown = office.get(f"alert_groups/{group}")
    assert (shown["acknowledged_at"], shown["acknowledged_by"]) == ("2026-03-06T09:00:00Z", ADA_ID)
    assert (shown["resolved_at"], shown["resolved_by"]) == ("2026-03-06T09:05:00Z", ADA_ID)
    assert shown["permalinks"]["web"].startswith("http://tocsin.test/alerts/alrt_")
    assert shown["permalinks"]["slack"] is None
    act(office, group, "unresolve")
    shown = office.get(f"alert_groups/{group}")
    marks = ("acknowledged_at", "acknowledged_by", "resolved_at", "resolved_by", "silenced_at")
    assert [shown[name] for name in marks] == [None] * 5


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "delay is required"),
        ({"delay": None}, "delay is required"),
        ({"delay": "soon"}, "invalid delay value"),
        ({"delay": -2}, "invalid delay value"),
        ({"delay": [1]}, "invalid delay value"),
    ],
)
def test_a_silence_needs_a_delay(office, door, body, said):
    group = fire(office, door)

    answer = act(office, group, "silence", body)

    assert (answer.status_code, answer.json()) == (400, {"detail": said})


@pytest.mark.parametrize("delay", [0, -1, "0", 10**30])
def test_a_silence_may_be_without_end(office, door, delay):
    group = fire(office, door)

    assert act(office, group, "silence", {"delay": delay}).status_code == 200

    (alert,) = office.api.get("/alerts")["alerts"]
    assert (alert["snooze"]["until"], alert["routing"]) == (None, "silenced")


def test_a_silence_ends_by_itself_and_pages_anew(office, door):
    office.put(f"integrations/{door['id']}", {"default_route": {"escalation_chain_id": chain_of(office)}})
    group = fire(office, door)
    act(office, group, "silence", {"delay": 60})
    (page,) = office.api.get("/pages")["pages"]
    assert page["status"] == "acknowledged"

    office.api.clock.pass_time(seconds=61)
    office.database.transact(lambda tx: paging.turn(tx, now=office.api.clock()))

    assert state(office, group) == "firing"
    (page,) = office.api.get("/pages")["pages"]
    assert page["status"] == "triggered"


@pytest.mark.parametrize("ends", ["by itself", "by hand"])
@pytest.mark.parametrize("before", ["paged", "without a chain", "released", "reopened", "silenced"])
def test_a_silence_ends_well_in_whatever_state_it_began(office, door, before, ends):
    if before != "without a chain":
        route = {"default_route": {"escalation_chain_id": chain_of(office)}}
        office.put(f"integrations/{door['id']}", route)
    group = fire(office, door)
    earlier = {
        "released": ("acknowledge", "unacknowledge"),
        "reopened": ("resolve", "unresolve"),
        "silenced": ("silence", "unsilence", "silence"),
    }
    for verb in earlier.get(before, ()):
        assert act(office, group, verb, {"delay": 5}).status_code == 200

    assert act(office, group, "silence", {"delay": 60}).status_code == 200
    office.api.clock.pass_time(seconds=30)
    office.database.transact(lambda tx: paging.turn(tx, now=office.api.clock()))
    assert state(office, group) == "silenced"
    assert "triggered" not in pages_of(office)
    if ends == "by hand":
        assert act(office, group, "unsilence").status_code == 200
    office.api.clock.pass_time(seconds=31)
    office.database.transact(lambda tx: paging.turn(tx, now=office.api.clock()))

    assert state(office, group) == "firing"
    assert ("triggered" in pages_of(office)) is (before != "without a chain")


@pytest.mark.parametrize(
    ("verb", "back", "asks"),
    [
        ("acknowledge", "unacknowledge", "ada@example.org"),
        ("silence", "unsilence", "ada@example.org"),
        ("resolve", "unresolve", "ada@example.org"),
        ("silence", None, "rea@example.org"),  # it ends by itself: a page keeps the steps that it has
    ],
)
def test_what_is_taken_back_by_hand_starts_from_the_first_step_of_the_chain_as_it_stands_now(
    office, door, verb, back, asks
):
    chain = office.post("escalation_chains", {"name": "Backend"})["id"]
    step = {"escalation_chain_id": chain, "type": "notify_persons", "persons_to_notify": [REA_ID]}
    first = office.post("escalation_policies", step)["id"]
    office.put(f"integrations/{door['id']}", {"default_route": {"escalation_chain_id": chain}})
    group = fire(office, door)
    assert act(office, group, verb, {"delay": 60}).status_code == 200
    office.put(f"escalation_policies/{first}", {"persons_to_notify": [ADA_ID]})
    before = len(told(office))

    if back:
        assert act(office, group, back).status_code == 200
    office.api.clock.pass_time(seconds=61)
    office.database.transact(lambda tx: paging.turn(tx, now=office.api.clock()))

    assert [each["address"] for each in told(office)[before:] if each["kind"] == "page"] == [asks]


def told(office: Office) -> list[dict]:
    """Read who was told, in order."""
    found = office.api.get("/notifications", as_="owner", params={"limit": 100})["notifications"]
    return found[::-1]


def pages_of(office: Office) -> list[str]:
    """Tell how the pages stand."""
    return [page["status"] for page in office.api.get("/pages")["pages"]]


def chain_of(office: Office) -> str:
    (number,) = office.api.configuration.escalation_policies
    return write("chain", number)


def test_after_unresolve_the_next_alert_of_that_key_opens_another_group(office, door):
    first = fire(office, door)
    act(office, first, "resolve")
    act(office, first, "unresolve")

    second = fire(office, door)

    assert second != first
    assert [group["state"] for group in office.list("alert_groups")] == ["firing", "firing"]


def test_a_service_account_may_look_and_not_act(office, door):
    group = fire(office, door)

    answer = act(office, group, "acknowledge", as_="robot")

    said = {"detail": "Service accounts are not allowed to acknowledge alert groups"}
    assert (answer.status_code, answer.json()) == (403, said)
    assert office.get(f"alert_groups/{group}", as_="robot")["state"] == "firing"
    assert act(office, group, "acknowledge", as_="viewer").status_code == 403
    assert act(office, group, "acknowledge", as_="responder").status_code == 200


def test_the_list_is_the_newest_first_and_every_filter_narrows_it(office, door):
    other = office.post("integrations", {"type": "webhook", "team_id": OPS_ID})
    new, held, over, quiet = (fire(office, door, uid) for uid in "1234")
    act(office, held, "acknowledge")
    act(office, over, "resolve")
    act(office, quiet, "silence", {"delay": 60})
    office.api.clock.pass_time(hours=1)
    late = fire(office, other, "5", labels={"env": "prod"})

    def found(query: str) -> list[str]:
        return [group["id"] for group in office.list(f"alert_groups?{query}")]

    assert found("") == [late, quiet, over, held, new]
    assert found("state=new") == [late, new]
    assert found("state=NEW&team_id=null") == [new]
    assert found("state=acknowledged") == [held]
    assert found("state=Resolved") == [over]
    assert found("state=silenced") == [quiet]
    assert found(f"id={held}") == [held]
    assert found(f"integration_id={other['id']}") == [late]
    assert found(f"route_id={other['default_route']['id']}") == [late]
    assert found(f"team_id={OPS_ID}") == [late]
    assert found("started_at=2026-03-06T09:30:00_2026-03-06T10:30:00") == [late]
    assert found("label=env:prod") == [late]
    assert found("label=env:dev") == []
    assert found(f"integration_id={unknown('integration')}") == []
    assert found("route_id=nonsense") == []
    page = office.get("alert_groups?perpage=2&page=2")
    assert [group["id"] for group in page["results"]] == [over, held]
    assert (page["count"], page["total_pages"], page["current_page_number"]) == (5, 3, 2)
    assert page["previous"] == "http://tocsin.test/api/v1/alert_groups?perpage=2"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("state=firing", {"state": "Must be one of the following: new, acknowledged, resolved, silenced"}),
        ("started_at=yesterday", {"detail": "Invalid range value"}),
        ("started_at=2026-99-06T09:30:00_2026-03-06T10:30:00", {"detail": "Invalid range value"}),
        (
            f"team_id={unknown('team')}",
            {"team_id": ["Select a valid choice. That choice is not one of the available choices."]},
        ),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(office, query, said):
    assert office.refusal("GET", f"alert_groups?{query}") == (400, said)


def test_wiping_leaves_a_shell_and_deleting_leaves_nothing(office, door):
    first, second = fire(office, door, "1", secret="s3cret"), fire(office, door, "2")
    office.post("resolution_notes", {"alert_group_id": second, "text": "done"})

    office.delete(f"alert_groups/{first}")
    assert office.call("DELETE", f"alert_groups/{second}", {"mode": "delete"}).status_code == 204
    wrong = office.call("DELETE", f"alert_groups/{first}", {"mode": "burn"})

    assert (wrong.status_code, wrong.json()) == (400, "Invalid mode")
    (shell,) = office.list("alert_groups")
    assert (shell["id"], shell["state"], shell["title"]) == (first, "resolved", None)
    assert shell["last_alert"]["payload"] == {}
    assert [alert["payload"] for alert in office.list("alerts")] == [{}]
    assert office.list("resolution_notes") == []
    assert office.refusal("GET", f"alert_groups/{second}")[0] == 404
    assert office.refusal("DELETE", f"alert_groups/{second}")[0] == 404


def test_alerts_are_found_by_group_by_id_and_by_what_they_say(office, door):
    first, second = fire(office, door, "1", message="50%_full"), fire(office, door, "2", message="empty")
    fire(office, door, "1", message="60%_full")

    def found(query: str) -> list[str]:
        return [alert["payload"]["message"] for alert in office.list(f"alerts?{query}")]

    assert found("") == ["60%_full", "empty", "50%_full"]
    assert found(f"alert_group_id={first}") == ["60%_full", "50%_full"]
    assert found("search=0%25_F") == ["60%_full", "50%_full"]
    (one,) = office.list(f"alerts?alert_group_id={second}")
    assert office.list(f"alerts?id={one['id']}") == [one]
    assert found("id=nonsense") == []
    assert office.refusal("GET", f"alerts/{one['id']}")[0] == 404
    assert office.get("alerts?perpage=1")["count"] == 3


def test_notes_are_written_read_changed_and_deleted(office, door):
    group = fire(office, door)

    note = office.post("resolution_notes", {"alert_group_id": group, "text": "It was DNS."})

    assert note == {
        "id": note["id"],
        "alert_group_id": group,
        "author": ADA_ID,
        "source": "Web",
        "created_at": "2026-03-06T09:00:00Z",
        "text": "It was DNS.",
    }
    assert office.list(f"resolution_notes?alert_group_id={group}") == [note]
    assert office.put(f"resolution_notes/{note['id']}", {"text": "It was not."})["text"] == "It was not."
    alert = office.api.get("/alerts")["alerts"][0]["id"]
    (native,) = office.api.get(f"/alerts/{alert}/notes")["notes"]
    assert (native["text"], native["author_name"]) == ("It was not.", "Ada")
    office.delete(f"resolution_notes/{note['id']}")
    assert office.list("resolution_notes") == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"text": " "}, {"text": ["This field may not be blank."]}),
        ({"text": None}, {"text": ["This field may not be null."]}),
        ({"alert_group_id": unknown("alert_group")}, {"alert_group_id": ["Object does not exist"]}),
        ({"alert_group_id": 7}, {"alert_group_id": ["Object does not exist"]}),
        ({"text": "\0"}, {"text": ["Null characters are not allowed."]}),
    ],
)
def test_a_note_that_cannot_be_is_refused(office, door, change, said):
    group = fire(office, door)

    refused = office.refusal("POST", "resolution_notes", {"alert_group_id": group, "text": "x"} | change)

    assert refused == (400, said)


def test_two_slashes_in_an_address_count_as_one(office, door):
    group = fire(office, door)

    assert office.call("POST", f"/api/v1//alert_groups/{group}/acknowledge/").status_code == 200
    assert state(office, group) == "acknowledged"
