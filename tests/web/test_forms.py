"""The forms that everything is changed by: lists in them, what people type, and two who edit at once."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_world import SHOP
from tocsin.core.calendar import Restriction
from tocsin.core.errors import Invalid
from tocsin.core.spelling import native
from tocsin.web.forms import Form, rearranged
from tocsin.web.lengths import hours, length, spelled, spelled_hours
from web_office import Browser, filled_in, text_of

STEPS = Form({"name": ["x"], "steps.0.after": ["1m"], "steps.2.after": ["2m"], "steps.10.after": ["3m"]})


@pytest.mark.parametrize(
    ("wanted", "afterwards"),
    [
        ("add:steps", ["1m", "2m", "3m", "new"]),
        ("up:steps.2", ["2m", "1m", "3m"]),
        ("up:steps.0", ["1m", "2m", "3m"]),
        ("down:steps.2", ["1m", "3m", "2m"]),
        ("down:steps.10", ["1m", "2m", "3m"]),
        ("remove:steps.2", ["1m", "3m"]),
    ],
)
def test_the_buttons_of_a_list_put_its_parts_in_order(wanted, afterwards):
    form = rearranged(STEPS, wanted, {"steps": {"after": ["new"]}})

    assert [form(f"{part}.after") for part in form.parts("steps")] == afterwards
    assert form("name") == "x"


@pytest.mark.parametrize(
    "wanted", ["add:rules", "up:steps.7", "up:steps", "x", "remove:", "remove:name", "up:steps.-1"]
)
def test_a_button_that_no_page_has_is_refused(wanted):
    with pytest.raises(Invalid, match="must come from this page's own buttons"):
        rearranged(STEPS, wanted, {"steps": {}})


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("steps[2].after", "steps.2.after"),
        ("steps[2].action.targets[0].id", "steps.2"),
        ("steps", "steps"),
        ("name", "name"),
        ("elsewhere", ""),
    ],
)
def test_a_fault_stands_at_the_field_that_is_nearest(path, name):
    assert STEPS.with_faults({path: "wrong"}).fault(name) == "wrong"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5m", 300), ("1h 30m", 5400), ("90 seconds", 90), ("2d", 172_800), ("7", 420), ("", 0), ("1H", 3600)],
)
def test_a_length_of_time_is_read_as_people_type_it(text, seconds):
    assert length(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["soon", "5 x", "-5m", "1.5h", "²", "9" * 40])
def test_what_is_no_length_of_time_is_refused(text):
    with pytest.raises(Invalid, match="must be"):
        length(text)


@given(st.integers(0, 10**8))
def test_a_length_of_time_is_read_as_it_was_written(seconds):
    assert length(spelled(timedelta(seconds=seconds))) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("text", "spans", "again"),
    [
        ("Mon-Fri 09:00-17:00", 5, "Mon-Fri 09:00-17:00"),
        ("monday – friday 9:00 – 17:00; sat 10:00-14:00", 6, "Mon-Fri 09:00-17:00, Sat 10:00-14:00"),
        ("22:00-06:00", 7, "22:00-06:00"),
        ("Sat-Sun 00:00-24:00", 2, "Sat-Sun 00:00-00:00"),
        ("Fri 18:00 - Mon 08:00", 1, "Fri 18:00 - Mon 08:00"),
        ("Sat-Mon 08:00-09:00", 3, "Sat-Sun 08:00-09:00, Mon 08:00-09:00"),
        ("", 0, ""),
    ],
)
def test_hours_of_the_week_are_read_as_people_type_them(text, spans, again):
    read = hours(text)

    assert (len(read), spelled_hours(read)) == (spans, again)
    assert hours(again) == read


@pytest.mark.parametrize(
    "text", ["always", "Mon 9-17", "Mon 25:00-26:00", "Mon-Fri", "Mon 09:60-10:00", "Xyz 09:00-10:00"]
)
def test_what_is_no_hours_of_the_week_is_refused(text):
    with pytest.raises(Invalid, match="must"):
        hours(text)


_times = st.times().map(lambda at: at.replace(second=0, microsecond=0))
_days = st.integers(0, 6)
_spans = st.builds(Restriction, start_day=_days, start_time=_times, end_day=_days, end_time=_times)


@given(st.lists(_spans, max_size=12))
def test_hours_of_the_week_are_read_as_they_were_written(spans):
    assert hours(spelled_hours(spans)) == tuple(spans)


SERVICE = f"/services/{native('service', SHOP)}/edit"


def test_whoever_comes_second_is_told_what_changed_and_loses_nothing(database):
    ada = Browser(database)
    ada.sign_in("admin")
    mine = filled_in(ada.look(SERVICE)) | {"description": "What I typed"}
    ada.api.call("PATCH", SERVICE.removesuffix("/edit"), {"name": "Boutique"}, as_="owner")

    told = ada.request("POST", SERVICE, mine)

    assert told.status_code == 409
    words = text_of(told.text)
    assert "Ola changed this just now , while you had it open" in words
    assert "name Shop Boutique" in words
    shown = filled_in(told.text)
    assert (shown["name"], shown["description"]) == (["Boutique"], ["What I typed"])
    assert ada.api.get(SERVICE.removesuffix("/edit"))["description"] == ""

    assert ada.request("POST", SERVICE, shown).status_code == 303
    kept = ada.api.get(SERVICE.removesuffix("/edit"))
    assert (kept["name"], kept["description"]) == ("Boutique", "What I typed")


def test_where_both_typed_the_second_keeps_theirs_until_they_save_again(database):
    ada = Browser(database)
    ada.sign_in("admin")
    mine = filled_in(ada.look(SERVICE)) | {"name": "Mine"}
    ada.api.call("PATCH", SERVICE.removesuffix("/edit"), {"name": "Theirs"}, as_="owner")

    told = ada.request("POST", SERVICE, mine)

    assert filled_in(told.text)["name"] == ["Mine"]
    assert ada.api.get(SERVICE.removesuffix("/edit"))["name"] == "Theirs"
    assert ada.request("POST", SERVICE, filled_in(told.text)).status_code == 303
    assert ada.api.get(SERVICE.removesuffix("/edit"))["name"] == "Mine"


@pytest.mark.parametrize("opened", ["", "{", "[]", '{"name": 1}', "\\"])
def test_a_form_that_does_not_say_what_it_was_opened_with_saves_nothing_over_others(browser, opened):
    browser.sign_in("admin")

    answer = browser.request("POST", SERVICE, {"name": "Mine", "_opened": opened})

    assert answer.status_code == 409
    assert browser.api.get(SERVICE.removesuffix("/edit"))["name"] == "Shop"


@pytest.mark.parametrize(
    ("names", "told"),
    [(("steps.0",), True), (("steps.2", "name"), False), (("steps",), True), (("ste",), False)],
)
def test_a_part_is_troubled_by_what_is_wrong_within_it(names, told):
    assert STEPS.with_faults({"steps[0].after": "is long"}).troubled(*names) is told
    assert STEPS.with_warnings({"steps[0].after": "is long"}).troubled(*names) is told


def test_what_is_to_be_known_about_one_field_is_said_together():
    form = STEPS.with_warnings({"steps[0].after[0]": "One.", "steps[0].after[1]": "Two."})

    assert form.warning("steps.0.after") == "One. Two."


def test_lists_in_lists_have_parts_of_their_own():
    form = Form({"rules.0.plans.0.steps.1.after": ["1m"], "rules.0.plans.0.steps.0.after": ["2m"]})

    assert form.parts("rules") == ["rules.0"]
    assert form.parts("rules.0.plans.0.steps") == ["rules.0.plans.0.steps.0", "rules.0.plans.0.steps.1"]
    assert form.parts("rules.0.lasting") == []


@pytest.mark.parametrize("number", ["٣", "²", "9" * 5_000, "-1", ""])
def test_what_is_no_number_of_a_part_makes_none(number):
    assert Form({f"steps.{number}.after": ["1m"]}).parts("steps") == []
