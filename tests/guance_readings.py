"""Where the vendor's own pages contradict one another: how each place is read, tried against any server."""

from collections.abc import Callable
from typing import Any

from guance_office import Calls, content, exactly, opt, refusal, strategy, target

DATES = {"customDateUUIDs": ["ndate_x"], "customStartTime": "09:30:10"}
ENTRY = "alertOpt.alertTarget[0]"

Reading = Callable[[Calls], None]


def _refused(office: Calls, **changes: Any) -> str:
    return refusal(office.call("POST", "/alert_policy/add_v2", strategy(**changes))).partition(": ")[0]


def _kept(office: Calls, *entries: Any, **changes: Any) -> None:
    """Make a strategy; its options come back as they were sent, at once and later."""
    sent = opt(*entries, **changes)
    made = office.add(alertOpt=sent)
    for record in (made, office.get(f"/alert_policy/{made['uuid']}/get")):
        assert exactly(record["alertOpt"]) == exactly(sent)


def _options_may_be_left_out_and_are_whole_if_they_are_there(office: Calls) -> None:
    made = office.post("/alert_policy/add_v2", {"name": "x", "ruleTimezone": "UTC"})

    assert "alertOpt" not in made
    assert _refused(office, alertOpt={}) == "alertOpt.silentTimeout"


def _an_interval_may_be_left_out_or_null_and_a_silence_may_not(office: Calls) -> None:
    _kept(office)
    _kept(office, aggInterval=None)
    _kept(office, aggInterval=0, silentTimeout=0)

    assert _refused(office, alertOpt={"aggInterval": 60}) == "alertOpt.silentTimeout"
    assert _refused(office, alertOpt=opt(silentTimeout=None)) == "alertOpt.silentTimeout"


def _the_duration_of_dates_may_go_by_the_name_of_a_crontabs(office: Calls) -> None:
    _kept(office, {"targets": [target()], **DATES, "crontabDuration": 600})
    _kept(office, {"targets": [target()], **DATES, "customDuration": 600})

    without = opt({"targets": [target()], **DATES})
    assert _refused(office, alertOpt=without) == f"{ENTRY}.customDuration"


def _an_upgrade_without_levels_has_those_of_its_target(office: Calls) -> None:
    _kept(office, {"targets": [target(upgradeTargets=[{"to": ["acnt_x"], "duration": 600}])]})


def _a_filter_is_text_and_nothing_else(office: Calls) -> None:
    _kept(office, {"targets": [target(filterString="host:web*")]})

    for wrong in ({}, {"host": ["web"]}, [], 5, True):
        aimed = opt({"targets": [target(filterString=wrong)]})
        assert _refused(office, alertOpt=aimed) == f"{ENTRY}.targets[0].filterString"


def _members_are_listed_below_data(office: Calls) -> None:
    answer = office.call("GET", "/workspace/members/list")

    assert {"uuid", "name", "email"} <= content(answer)["data"][0].keys()
    assert answer.json()["pageInfo"]["totalCount"] >= 1


def _a_type_is_ignored_whatever_it_says(office: Calls) -> None:
    for ignored in ("simpleCheck", "", 5, None, {}):
        office.add(type=ignored, alertOpt=opt(type=ignored))


def _a_start_has_minutes_and_may_have_seconds(office: Calls) -> None:
    for start in ("09:30:10", "09:30"):
        _kept(office, {"targets": [target()], **DATES, "customStartTime": start, "customDuration": 600})

    alone = opt({"targets": [target()], **DATES, "customStartTime": "09", "customDuration": 600})
    assert _refused(office, alertOpt=alone) == f"{ENTRY}.customStartTime"


def _a_list_needs_no_page(office: Calls) -> None:
    made = office.add()["uuid"]

    for path in ("/alert_policy/list", "/alert_policy/list?pageIndex=1&pageSize=20"):
        answer = office.call("GET", path)
        assert content(answer)["data"][0]["uuid"] == made  # the newest first
        page = answer.json()["pageInfo"]
        assert (page["pageIndex"], page["pageSize"]) == (1, 20)


def _both_addresses_make_a_strategy(office: Calls) -> None:
    body = strategy(checkerUUIDs=["rul_1"])

    made = [office.post(f"/alert_policy/{verb}", body) for verb in ("add", "add_v2")]

    assert ["checkerUUIDs" in office.get(f"/alert_policy/{each['uuid']}/get") for each in made] == [
        False,
        True,
    ]


def _a_monitor_goes_by_any_id(office: Calls) -> None:
    ids = ["rule_1", "rul_1", "monitor_1", "anything at all", "5"]

    assert office.add(checkerUUIDs=ids)["checkerUUIDs"] == ids
    assert _refused(office, checkerUUIDs=["rul_1", ""]) == "checkerUUIDs[1]"


def _notify_objects_are_deleted_by_one_id_or_by_many(office: Calls) -> None:
    hook = {"type": "HTTPRequest", "optSet": {"url": "https://hook.example/x"}}
    first, second, third = (
        office.post("/notify_object/create", hook | {"name": f"Hook {number}"})["uuid"] for number in range(3)
    )

    assert office.post("/notify_object/delete", {"notifyObjectUUID": first}) is True
    assert office.post("/notify_object/delete", {"notifyObjectUUIDs": [second, third]}) is True
    left = {row["uuid"] for row in office.rows("/notify_object/list")}
    assert not left & {first, second, third}


READINGS: dict[str, Reading] = {
    reading.__name__.strip("_"): reading
    for reading in (
        _options_may_be_left_out_and_are_whole_if_they_are_there,
        _an_interval_may_be_left_out_or_null_and_a_silence_may_not,
        _the_duration_of_dates_may_go_by_the_name_of_a_crontabs,
        _an_upgrade_without_levels_has_those_of_its_target,
        _a_filter_is_text_and_nothing_else,
        _members_are_listed_below_data,
        _a_type_is_ignored_whatever_it_says,
        _a_start_has_minutes_and_may_have_seconds,
        _a_list_needs_no_page,
        _both_addresses_make_a_strategy,
        _a_monitor_goes_by_any_id,
        _notify_objects_are_deleted_by_one_id_or_by_many,
    )
}
"""How what can be told from answers alone is read; what becomes of events is tried with receivers."""
