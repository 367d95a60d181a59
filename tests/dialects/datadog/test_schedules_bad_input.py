"""Bad schedules: each refused by the name of what is wrong, and nothing half-written."""

import pytest

from datadog_office import ANA, FOREIGN, OPS, UNKNOWN, Office, layer, refusal, replacing, schedule

WEEKDAYS = {"start_day": "monday", "start_time": "09:00:00", "end_day": "friday", "end_time": "17:00:00"}


def hours(**changes):
    return layer(restrictions=[WEEKDAYS | changes])


def without(name: str, of: dict) -> dict:
    return {key: value for key, value in of.items() if key != name}


WRONG = [
    ({"name": None}, "name"),
    ({"name": ""}, "name"),
    ({"name": "  "}, "name"),
    ({"name": "x" * 256}, "name"),
    ({"name": "a\0b"}, "name"),
    ({"name": 7}, "name"),
    ({"time_zone": None}, "time_zone"),
    ({"time_zone": ""}, "time_zone"),
    ({"time_zone": "Mars/Olympus"}, "time_zone"),
    ({"time_zone": "europe/berlin"}, "time_zone"),
    ({"tags": "a"}, "tags"),
    ({"tags": [""]}, "tags[0]"),
    ({"tags": ["a"] * 51}, "tags"),
    ({"layers": None}, "layers"),
    ({"layers": []}, "layers"),
    ({"layers": {}}, "layers"),
    ({"layers": [layer(name=f"Layer {n}") for n in range(101)]}, "layers"),
    ({"layers": [layer(), layer()]}, "layers[1].name"),
    ({"layers": [None]}, "layers[0]"),
]
WRONG_LAYERS = [
    (without("name", layer()), "name"),
    (layer(name=""), "name"),
    (layer(name="x" * 256), "name"),
    (without("effective_date", layer()), "effective_date"),
    (layer(effective_date=None), "effective_date"),
    (layer(effective_date="2026-03-01T00:00:00"), "effective_date"),
    (layer(effective_date="2026-03-01"), "effective_date"),
    (layer(effective_date=1_772_787_600), "effective_date"),
    (layer(effective_date="yesterday"), "effective_date"),
    (without("rotation_start", layer()), "rotation_start"),
    (layer(rotation_start="2026-02-30T00:00:00Z"), "rotation_start"),
    (layer(end_date=""), "end_date"),
    (layer(end_date="2026-03-01T00:00:00Z"), "end_date"),
    (layer(end_date="2026-02-28T23:59:59Z"), "end_date"),
    (layer(end_date="2026-03-01T00:30:00+01:00"), "end_date"),
    (without("interval", layer()), "interval"),
    (layer(interval={}), "interval"),
    (layer(interval={"days": 0, "seconds": 0}), "interval"),
    (layer(interval={"seconds": 59}), "interval"),
    (layer(interval={"days": 401}), "interval.days"),
    (layer(interval={"days": -1}), "interval.days"),
    (layer(interval={"days": 1.5}), "interval.days"),
    (layer(interval={"days": "1"}), "interval.days"),
    (layer(interval={"seconds": 2_592_001}), "interval.seconds"),
    (layer(interval={"days": 1, "seconds": -60}), "interval.seconds"),
    (without("members", layer()), "members"),
    (layer(members=[]), "members"),
    (layer(members=[None]), "members[0]"),
    (layer(members=[{"user": {"id": ANA}}] * 501), "members"),
    (layer(members=[{"user": {"id": "ana"}}]), "members[0].user.id"),
    (layer(members=[{"user": {"id": ""}}]), "members[0].user.id"),
    (layer(members=[{}, {"user": {"id": UNKNOWN}}]), "members[1].user.id"),
    (layer(members=[{"user": {"id": FOREIGN}}]), "members[0].user.id"),
    (layer(members=[{"user": ANA}]), "members[0].user"),
    (layer(restrictions=[WEEKDAYS] * 101), "restrictions"),
    (hours(start_day="someday"), "restrictions[0].start_day"),
    (hours(end_day="Friday"), "restrictions[0].end_day"),
    (hours(start_time="9:00:00"), "restrictions[0].start_time"),
    (hours(start_time="09:00"), "restrictions[0].start_time"),
    (hours(end_time="24:00:00"), "restrictions[0].end_time"),
    (hours(end_time="17:60:00"), "restrictions[0].end_time"),
    *((layer(restrictions=[without(name, WEEKDAYS)]), f"restrictions[0].{name}") for name in WEEKDAYS),
    (layer(time_zone="Mars/Olympus"), "time_zone"),
    (layer(time_zone=""), "time_zone"),
]
WRONG_LINKS = [
    ({"teams": {"data": [{"type": "teams", "id": "ops"}]}}, "teams.data[0].id"),
    ({"teams": {"data": [{"type": "teams", "id": UNKNOWN}]}}, "teams.data[0].id"),
    ({"teams": {"data": [{"type": "teams", "id": FOREIGN}]}}, "teams.data[0].id"),
    ({"teams": {"data": [{"type": "teams", "id": ANA}]}}, "teams.data[0].id"),
    ({"teams": {"data": [{"type": "team", "id": UNKNOWN}]}}, "teams.data[0].type"),
    ({"teams": {"data": [{"type": "teams"}]}}, "teams.data[0].id"),
    ({"teams": {"data": {"type": "teams", "id": UNKNOWN}}}, "teams.data"),
    ({"teams": []}, "teams"),
    ([], "relationships"),
]
CASES = [
    *((schedule(**changes), path) for changes, path in WRONG),
    *((schedule(layer(name="First"), wrong), f"layers[1].{path}") for wrong, path in WRONG_LAYERS),
    *(({"data": schedule()["data"] | {"relationships": wrong}}, path) for wrong, path in WRONG_LINKS),
]


def try_both(office: Office, body: dict) -> list[str]:
    """Try to make a schedule of *body*, and to turn one into it; both must be refused, and change nothing."""
    identifier = office.schedule(name="Kept", teams=(OPS,))
    before = office.everything()

    answers = [
        office.call("POST", "/schedules?include=teams,layers.members.user", body),
        office.call("PUT", f"/schedules/{identifier}", replacing(body, identifier)),
    ]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert office.everything() == before
    return [refusal(answer) for answer in answers]


@pytest.mark.parametrize(("body", "path"), CASES, ids=[f"{n}-{path}" for n, (_, path) in enumerate(CASES)])
def test_a_schedule_that_cannot_be_is_refused_by_the_name_of_what_is_wrong(office, body, path):
    for detail in try_both(office, body):
        assert detail.startswith(f'attribute "{path}" ')


@pytest.mark.parametrize("identifier", ["abc", UNKNOWN, FOREIGN, ANA])
def test_a_layer_that_is_to_stay_must_be_one_of_the_schedule_s(office, identifier):
    other = office.post("/schedules", schedule(name="Other"))["data"]
    identifier_of_other = other["relationships"]["layers"]["data"][0]["id"]
    mine = office.post("/schedules", schedule())["data"]["id"]
    before = office.everything()

    for wrong in (identifier, identifier_of_other):
        body = replacing(schedule(layer(id=wrong)), mine)
        answer = office.call("PUT", f"/schedules/{mine}", body)
        assert answer.status_code == 400
        assert refusal(answer).startswith('attribute "layers[0].id" ')
        assert wrong in refusal(answer)
    assert office.everything() == before


def test_one_layer_cannot_stay_twice(office):
    made = office.post("/schedules", schedule())["data"]
    kept = made["relationships"]["layers"]["data"][0]["id"]

    body = replacing(schedule(layer(id=kept), layer(id=kept, name="B")), made["id"])
    answer = office.call("PUT", f"/schedules/{made['id']}", body)

    assert answer.status_code == 400
    assert refusal(answer).startswith(f'attribute "layers[1].id" is {kept}, which is no layer here')


def test_the_largest_schedule_there_may_be_is_taken(office):
    turns = [{"user": {"id": ANA}} if n % 3 else {} for n in range(500)]
    windows = [WEEKDAYS] * 100
    layers = [layer(name=f"{n:03}" + "x" * 252) for n in range(99)]
    body = schedule(layer(members=turns, restrictions=windows), *layers, name="n" * 255, teams=(OPS,))

    made = office.post("/schedules", body)
    read = office.get(f"/schedules/{made['data']['id']}?include=layers.members")

    assert len(read["data"]["relationships"]["layers"]["data"]) == 100
    assert len(read["included"][0]["relationships"]["members"]["data"]) == 500
    assert len([each for each in read["included"] if each["type"] == "members"]) == 333 + 99 * 2
