"""Who is on call, pictures of schedules, overrides, swaps, my shifts and calendars, in a browser."""

import re
from copy import copy
from html import unescape

import pytest

from api_world import ADA, OLA, REA
from counting import Counting
from tocsin.core.notification import NotificationKind
from tocsin.core.spelling import native
from tocsin.store import outbox
from web_office import Browser, text_of

ADA_ID, REA_ID, OLA_ID = (native("user", each.id) for each in (ADA, REA, OLA))
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def beside(browser: Browser, who: str) -> Browser:
    """Let somebody else sign in in a browser of their own."""
    other = copy(browser)
    other.cookies = {}
    other.sign_in(who)
    return other


def daily(*members: str, **more) -> dict:
    return {
        "name": "Daily",
        "effective_date": "2026-01-01T00:00:00Z",
        "rotation_start": "2026-01-05T08:00:00Z",
        "interval": {"days": 1},
        "members": [{"user_id": each} for each in members],
    } | more


def made(browser: Browser, *layers: dict, **more) -> str:
    body = {"name": "Primary", "time_zone": "UTC", "layers": layers or [daily(REA_ID, ADA_ID)]}
    return browser.api.post("/schedules", body | more)["id"]


@pytest.fixture
def signed(browser) -> Browser:
    browser.sign_in("responder")
    return browser


# It is Friday, 6 March 2026, 09:00 UTC.


def test_every_team_s_schedules_are_on_one_page_with_the_next_handoff(signed):
    team = signed.api.post("/teams", {"name": "Backend", "handle": "backend"}, as_="admin")["id"]
    made(signed, daily(REA_ID, ADA_ID), team_ids=[team])
    made(signed, name="Empty")
    made(signed, daily(ADA_ID), name="Ada alone")

    page = text_of(signed.look("/on-call"))

    assert re.search(r"Backend Primary Rea you until Sat 7 Mar, 08:00, in 23 hours then Ada", page)
    assert "Without a team Ada alone Ada for the time being" in page
    assert "Ada alone" not in text_of(signed.look("/on-call?q=backend"))
    assert "Nothing is called like that" in text_of(signed.look("/on-call?q=nowhere"))


def test_a_schedule_that_nobody_is_on_call_for_stands_out(signed):
    made(signed, daily(REA_ID, effective_date="2026-03-07T00:00:00Z"))

    page = text_of(signed.look("/on-call"))

    assert "One schedule has nobody on call now." in page
    assert "Nobody is on call Nobody until Sat 7 Mar, 00:00" in page


def test_two_hundred_schedules_cost_as_many_queries_as_one(database):
    counting = Counting(database)
    browser = Browser(counting)
    browser.sign_in()
    made(browser)
    browser.look("/on-call")
    few = counting.count(lambda: browser.look("/on-call"))
    for number in range(199):
        made(browser, name=f"Schedule {number}")
    browser.look("/on-call")

    many = counting.count(lambda: browser.look("/on-call"))

    assert many == few
    assert browser.look("/on-call").count('class="card"') >= 200


@pytest.mark.parametrize(
    ("query", "starts_at", "ends_at"),
    [
        ("", "2026-03-06T00:00:00Z", "2026-03-13T00:00:00Z"),
        ("?days=1", "2026-03-06T00:00:00Z", "2026-03-07T00:00:00Z"),
        ("?days=14&at=2026-03-01", "2026-03-01T00:00:00Z", "2026-03-15T00:00:00Z"),
        ("?days=28&at=2026-02-01", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"),
        ("?days=365&at=2026-01-01", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ("?days=3&at=nonsense", "2026-03-06T00:00:00Z", "2026-03-13T00:00:00Z"),
        ("?at=0001-01-01", "2026-03-06T00:00:00Z", "2026-03-13T00:00:00Z"),
    ],
)
def test_a_schedule_is_drawn_over_the_days_that_are_asked_for(signed, query, starts_at, ends_at):
    path = f"/schedules/{made(signed)}"

    page = signed.look(path + query)

    assert f'data-starts-at="{starts_at}" data-ends-at="{ends_at}"' in page


def test_each_layer_has_a_row_of_its_own_and_the_whole_is_what_the_timeline_says(signed):
    night = daily(
        OLA_ID,
        name="Nights",
        restrictions=[
            {"start_day": "saturday", "start_time": "22:00:00", "end_day": "sunday", "end_time": "06:00:00"}
        ],
    )
    schedule = made(signed, daily(REA_ID, ADA_ID), night)
    signed.api.post(
        f"/schedules/{schedule}/overrides",
        {"user_id": ADA_ID, "starts_at": "2026-03-09T10:00:00Z", "ends_at": "2026-03-09T12:00:00Z"},
    )

    page = signed.look(f"/schedules/{schedule}")

    rows = re.findall(r'<text class="label[^>]*>([^<]+)', page)
    assert [row.strip() for row in rows] == ["On call", "Overrides and swaps", "Nights", "Daily"]
    assert "daily, 08:00 · Sat 22:00-06:00" not in page  # one person does not rotate
    assert "always · Sat 22:00-06:00" in unescape(page)
    span = "timeline?from=2026-03-06T00:00:00Z&to=2026-03-13T00:00:00Z"
    told = signed.api.get(f"/schedules/{schedule}/{span}")["shifts"]
    words = re.findall(r"<tr class=\"[^\"]*\"><td>.*?<bdi>([^<]+)</bdi>", page)
    assert words == [shift["user"]["name"] for shift in told]


def test_gaps_and_clock_changes_are_marked(signed):
    day = daily(
        REA_ID,
        restrictions=[
            {"start_day": "saturday", "start_time": "00:00:00", "end_day": "sunday", "end_time": "12:00:00"}
        ],
    )
    schedule = made(signed, day, time_zone="Europe/Berlin")

    page = signed.look(f"/schedules/{schedule}?at=2026-03-27")

    assert "The clock goes forward by 1 h on Sun 29 Mar" in page
    assert "23 hours: the clock changes" in page
    assert page.count('<g class="gap">') == 2
    assert "Nobody Fri 27 Mar, 00:00 to Sat 28 Mar, 00:00" in text_of(page)


def test_times_are_the_schedule_s_or_mine(signed):
    schedule = made(signed, time_zone="America/New_York")

    own, mine = (signed.look(f"/schedules/{schedule}{query}") for query in ("", "?zone=mine"))

    assert "in America/New_York" in text_of(own)
    assert "show mine, UTC" in text_of(own)
    assert "in UTC" in text_of(mine)
    assert 'data-zone="UTC"' in mine


def override(browser: Browser, schedule: str, do: str, status: int, **form) -> str:
    path = f"/schedules/{schedule}/overrides"
    answer = browser.request("POST", path, {"user": ADA_ID, "do": do} | form)
    assert answer.status_code == status, text_of(answer.text)
    return answer.text


def test_an_override_is_looked_at_before_it_is_made(signed):
    schedule = made(signed)
    times = {"starts_at": "2026-03-06T12:00", "ends_at": "2026-03-07T12:00"}

    page = override(signed, schedule, "preview", 200, **times)

    assert "Fri 6 Mar, 12:00 to Sat 7 Mar, 08:00 Ada on call instead of Rea" in text_of(page)
    assert 'value="2026-03-06T12:00"' in page
    assert signed.api.get(f"/schedules/{schedule}/overrides")["total"] == 0


@pytest.mark.parametrize(
    "form",
    [
        {"user": ADA_ID, "starts_at": "2026-03-07T09:00", "ends_at": "2026-03-07T12:00"},
        {
            "user": OLA_ID,
            "instead_of": ADA_ID,
            "starts_at": "2026-03-06T10:00",
            "ends_at": "2026-03-06T12:00",
        },
    ],
)
def test_an_override_that_changes_nothing_says_so(signed, form):
    page = override(signed, made(signed), "preview", 200, **form)

    assert "Nothing: they are on call then anyway" in text_of(page)


def test_an_override_is_in_the_zone_of_the_picture_and_stays_on_its_days(signed):
    schedule = made(signed, time_zone="Europe/Berlin")
    form = {"starts_at": "2026-03-06T12:00", "ends_at": "2026-03-06T13:00", "days": "14", "at": "2026-03-01"}

    answer = signed.request("POST", f"/schedules/{schedule}/overrides", {"user": ADA_ID} | form)

    assert answer.headers["location"] == f"/schedules/{schedule}?days=14&at=2026-03-01"
    (made_,) = signed.api.get(f"/schedules/{schedule}/overrides")["overrides"]
    assert (made_["starts_at"], made_["ends_at"]) == ("2026-03-06T11:00:00Z", "2026-03-06T12:00:00Z")


def test_a_shift_is_covered_by_a_link_that_fills_the_form(signed):
    schedule = made(signed)

    (link, *_) = re.findall(r'href="(\?[^"]*starts_at[^"]*)#override"', signed.look(f"/schedules/{schedule}"))
    page = signed.look(f"/schedules/{schedule}{unescape(link)}")

    assert 'name="starts_at" id="starts_at" value="2026-03-06T09:00"' in page
    assert 'name="ends_at" id="ends_at" value="2026-03-07T08:00"' in page


def ask(browser: Browser, on: str, status: int = 303, **form) -> str:
    times = {"starts_at": "2026-03-08T08:00", "ends_at": "2026-03-09T08:00"}
    answer = browser.request("POST", "/swaps", {"schedule": on, **times} | form)
    assert answer.status_code == status, text_of(answer.text)
    return answer.text


def test_a_swap_is_asked_for_seen_by_everybody_taken_and_taken_back(signed):
    schedule = made(signed)
    ask(signed, schedule, description="A wedding")
    assert "I take over" not in signed.look("/swaps"), "nobody takes over from themselves"
    other = beside(signed, "admin")
    page = text_of(other.look("/swaps"))
    assert "Rea asked" in page
    assert "A wedding" in page
    assert "duty Sun 8 Mar, 08:00 to Mon 9 Mar, 08:00" in page
    (swap,) = signed.api.get("/shift-swaps")["shift_swaps"]

    assert other.request("POST", f"/swaps/{swap['id']}/take").status_code == 303

    at = signed.api.get(f"/schedules/{schedule}/on-call?at=2026-03-08T12:00:00Z")["on_call"]
    assert [shift["user"]["name"] for shift in at] == ["Ada"]
    assert "taken over" in text_of(signed.look("/swaps"))
    assert signed.request("POST", f"/swaps/{swap['id']}/withdraw").status_code == 303
    at = signed.api.get(f"/schedules/{schedule}/on-call?at=2026-03-08T12:00:00Z")["on_call"]
    assert [shift["user"]["name"] for shift in at] == ["Rea"]


def test_who_asked_hears_that_somebody_has_taken_over_and_nobody_is_paged(signed):
    schedule = made(signed)
    ask(signed, schedule)
    (swap,) = signed.api.get("/shift-swaps")["shift_swaps"]

    beside(signed, "admin").request("POST", f"/swaps/{swap['id']}/take")

    queued = signed.api.transact(lambda tx: outbox.due(tx, now=signed.api.clock(), limit=10))
    assert {(each.kind, each.channel, each.page) for each in queued} == {
        (NotificationKind.NEWS, "email", None)
    }
    assert [(each.user, each.body.partition(" duty")[0]) for each in queued] == [
        (ADA.id, "Rea looks for somebody to take over"),
        (REA.id, "Ada has taken over your"),
    ]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"schedule": ""}, "is missing; choose one"),
        ({"starts_at": "", "ends_at": "never"}, "must be a date and a time of day"),
        ({"ends_at": "2026-03-08T08:00"}, "must be later than starts_at"),
        ({"starts_at": "2026-03-01T00:00"}, "must lie in the future"),
        ({"starts_at": "2026-03-07T09:00", "ends_at": "2026-03-07T10:00"}, "you are not on call"),
        ({"description": "x" * 3_001}, "is 3001 characters long"),
    ],
)
def test_a_swap_that_cannot_be_is_said_beside_the_field_and_what_was_typed_stays(signed, form, words):
    page = ask(signed, made(signed), 400, **({"description": HOSTILE} | form))

    assert words in text_of(page)
    assert "<script>alert" not in page
    assert form.get("description", "alert(1)") in page
    assert signed.api.get("/shift-swaps")["total"] == 0


def test_only_those_of_a_swap_and_admins_take_it_back(browser):
    browser.sign_in("admin")
    schedule = made(browser, daily(ADA_ID))
    ask(browser, schedule)
    (swap,) = browser.api.get("/shift-swaps")["shift_swaps"]
    stranger = beside(browser, "responder")

    assert "Take it back" not in stranger.look("/swaps")
    assert stranger.request("POST", f"/swaps/{swap['id']}/withdraw").status_code == 403
    assert browser.request("POST", f"/swaps/{swap['id']}/withdraw").status_code == 303


def test_a_swap_is_taken_once_and_not_by_who_asked(signed):
    ask(signed, made(signed))
    (swap,) = signed.api.get("/shift-swaps")["shift_swaps"]

    own = signed.request("POST", f"/swaps/{swap['id']}/take")
    first, second = (beside(signed, who) for who in ("admin", "owner"))
    first.request("POST", f"/swaps/{swap['id']}/take")
    late = second.request("POST", f"/swaps/{swap['id']}/take")

    assert (own.status_code, late.status_code) == (400, 400)
    assert "is taken and cannot be taken" in text_of(late.text)


def test_what_nobody_took_is_past(signed):
    ask(signed, made(signed))

    signed.api.clock.pass_time(days=4)

    assert "Past Primary nobody took it" in text_of(signed.look("/swaps"))


def test_my_shifts_are_those_of_every_schedule_and_of_nobody_else(signed):
    made(signed, daily(REA_ID, ADA_ID))
    made(signed, daily(ADA_ID, ADA_ID, REA_ID), name="Second")
    made(signed, daily(ADA_ID), name="Other")

    page = text_of(signed.look("/my-shifts?days=14"))

    assert "You are on call for Primary until Sat 7 Mar, 08:00" in page
    assert "Other" not in page
    assert "Sun 8 Mar, 08:00 to Mon 9 Mar, 08:00 24 h Primary ask to swap" in page
    assert re.search(r"Second", page)


def test_who_has_no_shift_is_told_where_to_look(signed):
    made(signed, daily(ADA_ID))

    assert "You are not on call in the next 4 weeks." in text_of(signed.look("/my-shifts"))


def subscribe(browser: Browser, schedule: str = "") -> str:
    answer = browser.request("POST", "/calendars", {"schedule": schedule})
    assert answer.status_code == 200
    (address,) = re.findall(r'id="address">([^<]+)<', answer.text)
    assert "token=" not in browser.look("/calendars"), "it is shown once"
    return address.partition("tocsin.test")[2]


def read_calendar(browser: Browser, address: str, status: int = 200) -> str:
    cookies, browser.cookies = browser.cookies, {}
    try:
        answer = browser.request("GET", address)
    finally:
        browser.cookies = cookies
    assert answer.status_code == status
    return answer.text


def test_my_shifts_are_a_calendar_until_it_is_revoked(signed):
    made(signed)
    address = subscribe(signed)

    text = read_calendar(signed, address)

    assert text.startswith("BEGIN:VCALENDAR\r\n")
    assert "DTSTART:20260306T080000Z\r\nDTEND:20260307T080000Z\r\nSUMMARY:On call: Primary\r\n" in text
    assert "DTSTART:20260307T080000Z" not in text, "that one is Ada's"
    (key,) = re.findall(r"/calendars/(key_[0-9a-z]+)/revoke", signed.look("/calendars"))
    assert signed.request("POST", f"/calendars/{key}/revoke").status_code == 303
    read_calendar(signed, address, 404)


def test_a_schedule_is_a_calendar_of_everybody_on_it(signed):
    address = subscribe(signed, made(signed))

    text = read_calendar(signed, address)

    assert "X-WR-CALNAME:Primary" in text
    assert text.count("SUMMARY:Rea") > 80
    assert text.count("SUMMARY:Ada") > 80


def test_the_address_of_a_calendar_opens_nothing_else(signed):
    schedule = made(signed)
    token = subscribe(signed).partition("token=")[2]

    tries = (
        ("/api/tocsin/v1/schedules", {"authorization": f"Bearer {token}"}),
        (f"/api/v1/schedules/{schedule}/export/?token={token}", {}),
    )

    for path, headers in tries:
        assert signed.api.call("GET", path, as_=None, headers=headers).status_code in {401, 403, 404}
    read_calendar(signed, "/calendars/shifts.ics?token=" + "0" * 64, 404)
    read_calendar(signed, "/calendars/shifts.ics", 404)


def test_nobody_revokes_the_calendar_of_another(signed):
    address = subscribe(signed)
    (key,) = re.findall(r"/calendars/(key_[0-9a-z]+)/revoke", signed.look("/calendars"))
    other = beside(signed, "admin")

    assert other.request("POST", f"/calendars/{key}/revoke").status_code == 404
    assert key not in other.look("/calendars")
    read_calendar(signed, address)


def test_text_from_outside_is_text_on_every_page_about_duty(signed):
    schedule = made(signed, daily(REA_ID, name=HOSTILE[:200]), name=HOSTILE[:200])
    ask(signed, schedule, description=HOSTILE)

    for path in ("/on-call", f"/schedules/{schedule}", f"/schedules/{schedule}/edit", "/swaps", "/my-shifts"):
        page = signed.look(path)
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert " style=" not in page


def test_a_viewer_looks_and_changes_nothing(browser):
    schedule = made(browser)
    browser.sign_in("viewer")

    for path in ("/on-call", "/my-shifts", "/swaps", f"/schedules/{schedule}"):
        page = browser.look(path)
        assert "New schedule" not in page
        assert "Ask for a swap" not in page
    assert ask(browser, schedule, 403)
    assert override(browser, schedule, "save", 403, ends_at="2026-03-07T00:00")
    assert subscribe(browser, schedule), "reading is what a viewer may"


def test_that_somebody_is_looked_for_shows_beside_who_is_on_call(signed):
    ask(signed, made(signed))

    other = beside(signed, "admin")

    assert "Swaps 1 looked for" in text_of(other.look("/on-call"))
    assert "Swaps 1 looked for" in text_of(other.look("/my-shifts"))
    assert "looked for" not in text_of(signed.look("/on-call")), "one does not look for oneself"
