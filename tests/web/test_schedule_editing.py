"""Making and changing schedules in the browser: forms, previews, and two people at once."""

import re
from html import unescape

import pytest

from api_world import ADA, OLA, REA
from tocsin.core.spelling import native
from web_office import PASSWORD, Browser, text_of

ADA_ID, REA_ID, OLA_ID = (native("user", each.id) for each in (ADA, REA, OLA))
LAYER = {
    "name": "Weekly",
    "effective_date": "2026-01-01T00:00:00Z",
    "rotation_start": "2026-01-05T08:00:00Z",
    "interval": {"days": 7},
    "members": [{"user_id": ADA_ID}, {"user_id": REA_ID}],
    "restrictions": [
        {"start_day": day, "start_time": "09:00:00", "end_day": day, "end_time": "17:00:00"}
        for day in ("monday", "tuesday", "wednesday")
    ],
}


def form_of(page: str) -> dict[str, list[str]]:
    """Read the form of a page as a browser would send it without pressing a button."""
    form: dict[str, list[str]] = {}
    inside = page[page.index("data-smooth") : page.index("</form>", page.index("data-smooth"))]
    for tag in re.findall(r"<input [^>]*>", inside):
        given = dict(re.findall(r'([a-z]+)="([^"]*)"', tag))
        ticked = given.get("type") != "checkbox" or tag.rstrip("> ").endswith("checked")
        if "name" in given and ticked:
            form.setdefault(given["name"], []).append(unescape(given.get("value", "")))
    for name, body in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', inside, re.DOTALL):
        chosen = re.findall(r'<option value="([^"]*)" selected', body)
        form[name] = [unescape(chosen[0] if chosen else re.findall(r'<option value="([^"]*)"', body)[0])]
    return form


def press(browser: Browser, path: str, form: dict[str, list[str]], button: str, status: int = 200) -> str:
    answer = browser.request("POST", path, form | {"do": button})
    assert answer.status_code == status, text_of(answer.text)
    return answer.text


def made(browser: Browser, **more) -> str:
    body = {"name": "Primary", "time_zone": "Europe/Berlin", "layers": [LAYER]} | more
    return browser.api.post("/schedules", body)["id"]


@pytest.fixture
def signed(browser) -> Browser:
    browser.sign_in("responder")
    return browser


def test_a_schedule_is_built_button_by_button_and_is_what_the_api_says(signed):
    form = form_of(signed.look("/schedules/new"))
    form |= {"name": ["Nights"], "time_zone": ["Europe/Berlin"], "0.name": ["Rota"], "0.new": [ADA_ID]}

    form = form_of(press(signed, "/schedules/new", form, "join 0"))
    form = form_of(press(signed, "/schedules/new", form | {"0.new": [REA_ID]}, "join 0"))
    form = form_of(press(signed, "/schedules/new", form, "earlier 0 1"))
    form = form_of(press(signed, "/schedules/new", form, "days 0"))
    form |= {"0.0.starts": ["22:00"], "0.0.ends": ["06:00"], "0.every": ["2"], "0.unit": ["days"]}
    form |= {"0.first_turn": ["2026-03-09T22:00"]}
    saved = signed.request("POST", "/schedules/new", form | {"do": "save"})

    assert saved.status_code == 303
    schedule = signed.api.get(f"/schedules/{saved.headers['location'].rpartition('/')[2]}")
    (layer,) = schedule["layers"]
    assert (schedule["name"], schedule["time_zone"], layer["name"]) == ("Nights", "Europe/Berlin", "Rota")
    assert [member["user_id"] for member in layer["members"]] == [REA_ID, ADA_ID]
    assert layer["interval"] == {"days": 2, "seconds": 0}
    assert layer["rotation_start"] == layer["effective_date"] == "2026-03-09T21:00:00Z"
    assert len(layer["restrictions"]) == 5
    assert layer["restrictions"][4] == {
        "start_day": "friday",
        "start_time": "22:00:00",
        "end_day": "saturday",
        "end_time": "06:00:00",
    }


def test_saving_what_was_opened_changes_nothing_not_even_a_microsecond(signed):
    odd = LAYER | {
        "rotation_start": "2026-10-25T01:30:00.25Z",
        "interval": {"days": 1, "seconds": 3_661},
        "restrictions": [
            {"start_day": "friday", "start_time": "18:00:01", "end_day": "monday", "end_time": "08:00:00"},
            *LAYER["restrictions"],
        ],
    }
    path = f"/schedules/{made(signed, layers=[LAYER, odd | {'name': 'Odd'}])}"
    was = signed.api.get(path)
    log = signed.api.get("/audit-log", as_="admin")["total"]

    saved = signed.request("POST", f"{path}/edit", form_of(signed.look(f"{path}/edit")) | {"do": "save"})

    assert saved.status_code == 303
    assert signed.api.get(path) == was
    assert signed.api.get("/audit-log", as_="admin")["total"] == log


def test_a_preview_says_who_loses_what_and_who_gets_it_and_saves_nothing(signed):
    path = f"/schedules/{made(signed)}"
    was = signed.api.get(path)
    form = form_of(signed.look(f"{path}/edit"))

    page = text_of(press(signed, f"{path}/edit", form | {"0.member": [OLA_ID, REA_ID]}, "preview"))

    assert "Weekly: members Ada, Rea Ola, Rea" in page
    assert re.search(r"Mon 16 Mar, 09:00 to 17:00 Ola on call instead of Ada", page)
    assert re.search(r"Ola \+\d+ h, *Ada -\d+ h", page)
    assert signed.api.get(path) == was


def test_a_change_that_moves_nobody_says_so(signed):
    path = f"/schedules/{made(signed)}"
    form = form_of(signed.look(f"{path}/edit"))

    page = text_of(press(signed, f"{path}/edit", form | {"name": ["Other"]}, "preview"))

    assert "name Primary Other" in page
    assert "Nobody's duty changes" in unescape(page)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"name": ""}, "is empty"),
        ({"name": "x" * 10_000}, "is 10000 characters long; it must be at most 255"),
        ({"time_zone": "Europe/Nowhere"}, "which is no time zone"),
        ({"0.every": "none"}, "must be a whole number"),
        ({"0.every": "0"}, "must be a whole number"),
        ({"0.every": "9999"}, "must be 0 to 400"),
        ({"0.first_turn": ""}, "must be a date and a time of day"),
        ({"0.ends": "2020-01-01T00:00"}, "must be later than effective_date"),
        ({"0.zone": "Mars"}, "which is no time zone"),
        ({"0.member": ["usr_000000000000"]}, "names usr_000000000000, which is no user here"),
        ({"0.member": ["<script>"]}, "is nobody here"),
        ({"0.0.starts": "noon"}, "no time of day"),
        ({"0.0.day": []}, "No day is ticked"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_all_that_was_typed_stays(signed, typed, words):
    path = f"/schedules/{made(signed)}"
    was = signed.api.get(path)
    form = form_of(signed.look(f"{path}/edit")) | {"0.name": ["<b>Rota</b> الليل 🦉"]}
    form |= {name: value if isinstance(value, list) else [value] for name, value in typed.items()}

    page = press(signed, f"{path}/edit", form, "save", status=400)

    assert words in unescape(text_of(page))
    again = form_of(page)
    for name in ("name", "time_zone", "0.name", "0.every", "0.first_turn", "0.ends", "0.zone", "0.member"):
        assert again[name] == form[name]
    assert "<b>Rota" not in page
    assert signed.api.get(path) == was


def test_every_field_that_is_wrong_is_named_at_once(signed):
    path = f"/schedules/{made(signed)}/edit"
    form = form_of(signed.look(path)) | {"name": [""], "0.every": [""], "0.ends": ["x"]}

    page = press(signed, path, form, "save", status=400)

    assert "3 fields are not right yet" in text_of(page)
    assert page.count('aria-invalid="true"') == 3


def test_layers_are_added_copied_moved_and_removed(signed):
    path = f"/schedules/{made(signed)}/edit"

    form = form_of(press(signed, path, form_of(signed.look(path)), "copy 0"))
    assert sorted(form["layer"]) == ["0", "1"]
    assert (form["0.name"], form["1.name"]) == (["Weekly"], ["Weekly (copy)"])
    form = form_of(press(signed, path, form, "higher 0"))
    assert (form["0.name"], form["1.name"]) == (["Weekly (copy)"], ["Weekly"])
    form = form_of(press(signed, path, form, "add"))
    assert form["2.name"] == ["Layer 3"]
    form = form_of(press(signed, path, form, "remove 2"))
    form = form_of(press(signed, path, form, "remove 0"))

    assert form["layer"] == ["0"]
    assert form["0.id"] != [""]


@pytest.mark.parametrize(
    "button", ["remove 7", "join", "higher 0", "leave 0 9", "x", "always 0", "up -1", "copy a"]
)
def test_buttons_that_make_no_sense_change_nothing(signed, button):
    path = f"/schedules/{made(signed)}/edit"
    form = form_of(signed.look(path))

    assert form_of(press(signed, path, form, button)) == form


def test_the_second_of_two_people_is_told_what_changed_and_loses_nothing(signed):
    path = f"/schedules/{made(signed)}"
    form = form_of(signed.look(f"{path}/edit"))
    layers = signed.api.get(path)["layers"]
    theirs = {"name": "First line", "layers": [layers[0] | {"interval": {"days": 14, "seconds": 0}}]}
    signed.api.call("PATCH", path, theirs, as_="admin")

    page = press(signed, f"{path}/edit", form | {"0.member": [OLA_ID], "0.every": ["3"]}, "save", status=409)

    told = text_of(page)
    assert "Ada changed this schedule while you were at it" in told
    assert "name Primary First line" in told
    assert "Weekly: length of a turn 1 weeks 2 weeks" in told
    both = form_of(page)
    assert both["name"] == ["First line"], "what they changed and I did not is theirs"
    assert (both["0.member"], both["0.every"]) == ([OLA_ID], ["3"]), "what I typed stays"
    assert signed.request("POST", f"{path}/edit", both | {"do": "save"}).status_code == 303
    after = signed.api.get(path)
    assert after["name"] == "First line"
    assert after["layers"][0]["interval"] == {"days": 21, "seconds": 0}


def test_what_was_typed_outlives_the_session_without_scripts_too(signed):
    path = f"/schedules/{made(signed)}"
    form = form_of(signed.look(f"{path}/edit")) | {"0.name": ["Typed for long"], "0.0.day": ["5", "6"]}
    signed.cookies.clear()

    asked = signed.request("POST", f"{path}/edit", form | {"do": "save"})
    carried = dict(re.findall(r'<input type="hidden" name="([a-z]+)" value="([^"]*)"', asked.text))
    carried |= dict(re.findall(r'<textarea name="(typed)" hidden>([^<]*)<', asked.text))
    who = {"email": REA.email, "password": PASSWORD}
    again = signed.request("POST", "/login", {name: unescape(each) for name, each in carried.items()} | who)

    assert (asked.status_code, again.status_code) == (401, 200)
    resumed: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', again.text):
        resumed.setdefault(name, []).append(unescape(value))
    assert signed.request("POST", f"{path}/edit", resumed).status_code == 303
    (layer,) = signed.api.get(path)["layers"]
    assert (layer["name"], len(layer["restrictions"])) == ("Typed for long", 2)


def test_a_layer_that_somebody_removed_while_i_changed_it_comes_back_as_a_new_one(signed):
    path = f"/schedules/{made(signed)}"
    form = form_of(signed.look(f"{path}/edit"))
    signed.api.call("PATCH", path, {"layers": []}, as_="admin")

    page = press(signed, f"{path}/edit", form | {"0.name": ["Mine"]}, "save", status=409)
    saved = signed.request("POST", f"{path}/edit", form_of(page) | {"do": "save"})

    assert "layer Weekly was there was removed" in text_of(page)
    assert saved.status_code == 303
    assert [layer["name"] for layer in signed.api.get(path)["layers"]] == ["Mine"]


def test_a_schedule_of_a_hundred_layers_is_drawn_and_edited(signed):
    layers = [LAYER | {"name": f"Layer {number}", "interval": {"days": 1}} for number in range(100)]
    path = f"/schedules/{made(signed, layers=layers)}"

    for days in (1, 28, 365):
        page = signed.look(f"{path}?days={days}")
        assert all(f"Layer {number}" in page for number in (0, 99))
    form = form_of(signed.look(f"{path}/edit")) | {"99.member": [OLA_ID]}
    assert "no more layers" not in press(signed, f"{path}/edit", form, "add")
    assert signed.request("POST", f"{path}/edit", form | {"do": "save"}).status_code == 303
    assert len(signed.api.get(path)["layers"]) == 100


def test_a_schedule_is_deleted_unless_a_policy_relies_on_it(signed):
    free, used = made(signed), made(signed)
    step = {"action": {"type": "notify", "targets": [{"type": "schedule", "id": used}]}}
    signed.api.post("/escalation-policies", {"name": "Backend", "steps": [step]}, as_="admin")

    assert signed.request("POST", f"/schedules/{free}/delete").status_code == 303
    refused = signed.request("POST", f"/schedules/{used}/delete")

    assert signed.request("GET", f"/schedules/{free}").status_code == 404
    assert refused.status_code == 409
    assert "is in use by" in text_of(refused.text)


def test_a_viewer_sees_schedules_and_changes_none(browser):
    path = f"/schedules/{made(browser)}"
    browser.sign_in("viewer")

    page = browser.look(path)

    assert "Stand in" not in page
    assert f"{path}/edit" not in page
    for method, where in (("GET", f"{path}/edit"), ("POST", f"{path}/edit"), ("GET", "/schedules/new")):
        assert browser.request(method, where, {} if method == "POST" else None).status_code == 403
