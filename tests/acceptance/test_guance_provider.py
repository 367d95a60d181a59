"""The life of each resource as the vendor's Terraform provider drives it: its paths, its bodies, its habits.

The provider leaves out what is empty, reads every field back, takes 404 for gone, any other status but 200
for an error, and a 200 without success for one as well.
"""

from typing import Any

import pytest

from acceptance.company import hire
from acceptance.peers import http
from acceptance.servers import Tocsin, tocsin
from tocsin.core.spelling import from_native, to_hex_32


class Gone(Exception):
    """The provider's word for 404."""


class Provider:
    """The provider's client."""

    def __init__(self, server: Tocsin) -> None:
        self._url = f"{server.url}/api/v1"
        key = next(iter(server.credentials["credentials"]["guance"].values()))
        self._headers = {"DF-API-KEY": key, "Content-Type": "application/json;charset=UTF-8"}

    def get(self, path: str) -> Any:
        return self._read(http("GET", self._url + path, headers=self._headers))

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        sent = None if body is None else without_empty(body)
        return self._read(http("POST", self._url + path, sent, headers=self._headers))

    def _read(self, answer: Any) -> Any:
        if answer.status == 404:
            raise Gone
        assert answer.status == 200, answer.body
        body = answer.json()
        assert body["success"], body["message"]
        return body["content"]


def without_empty(value: Any) -> Any:
    """Leave out what Go's omitempty does."""
    if isinstance(value, dict):
        return {name: without_empty(each) for name, each in value.items() if each}
    if isinstance(value, list):
        return [without_empty(each) for each in value]
    return value


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with tocsin(tmp_path_factory.mktemp("provider") / "tocsin") as server:
        yield server


@pytest.fixture(scope="module")
def provider(server) -> Provider:
    return Provider(server)


def strategy(**changes: Any) -> dict[str, Any]:
    target = {"to": ["acnt_x"], "status": "critical", "df_source": "", "tags": {}, "filterString": "a:b"}
    entry = {
        "name": "Nights",
        "targets": [target],
        "crontab": "",
        "crontabDuration": 0,
        "customDateUUIDs": [],
        "customStartTime": "",
        "customDuration": 0,
    }
    opt = {
        "alertType": "status",
        "silentTimeout": 300,
        "aggInterval": 0,
        "alertTarget": [entry],
        "ignoreOK": False,
    }
    return {"name": "Made by code", "desc": "", "ruleTimezone": "UTC", "alertOpt": opt} | changes


def test_a_strategy_is_created_read_updated_found_and_destroyed(provider):
    body = strategy(checkerUUIDs=["rul_1"])
    made = provider.post("/alert_policy/add_v2", body)
    uuid = made["uuid"]

    read = provider.get(f"/alert_policy/{uuid}/get")
    assert read["alertOpt"] == without_empty(body)["alertOpt"]
    assert (read["name"], read["checkerUUIDs"], read["ruleTimezone"]) == ("Made by code", ["rul_1"], "UTC")
    assert isinstance(read["createAt"], int)

    changed = provider.post(f"/alert_policy/{uuid}/modify_v2", strategy(name="Changed", desc="new"))
    assert (changed["name"], changed["desc"], changed["checkerUUIDs"]) == ("Changed", "new", ["rul_1"])
    listed = provider.get("/alert_policy/list?pageIndex=1&pageSize=100&search=Changed")["data"]
    assert [each["uuid"] for each in listed] == [uuid]

    provider.post("/alert_policy/delete", {"alertPolicyUUIDs": [uuid]})
    with pytest.raises(Gone):
        provider.get(f"/alert_policy/{uuid}/get")
    with pytest.raises(Gone):
        provider.post("/alert_policy/delete", {"alertPolicyUUIDs": [uuid]})


def test_dates_and_notify_objects_live_their_lives(provider):
    dates = provider.post("/notice/date/add", {"name": "Holidays", "noticeDates": ["2027/01/01"]})["uuid"]
    assert provider.get(f"/notice/date/{dates}/get")["dates"] == ["2027/01/01"]
    provider.post(f"/notice/date/{dates}/modify", {"name": "H", "noticeDates": ["2027/01/01", "2027/05/01"]})
    provider.post("/notice/date/delete", {"noticeDatesUUIDs": [dates], "skipRefCheck": False})
    with pytest.raises(Gone):
        provider.get(f"/notice/date/{dates}/get")

    opts = {"webhook": "https://oapi.dingtalk.com/robot/send?access_token=x", "secret": "SEC1"}
    made = provider.post(
        "/notify_object/create",
        {"type": "dingTalkRobot", "name": "Robot", "optSet": opts, "openPermissionSet": False},
    )
    read = provider.get(f"/notify_object/get?notifyObjectUUID={made['uuid']}")
    assert (read["type"], read["name"], read["optSet"]) == ("dingTalkRobot", "Robot", opts)
    body = {"notifyObjectUUID": made["uuid"], "name": "Renamed", "optSet": opts}
    assert provider.post("/notify_object/modify", body)["name"] == "Renamed"
    provider.post("/notify_object/delete", {"notifyObjectUUID": made["uuid"]})
    with pytest.raises(Gone):
        provider.get(f"/notify_object/get?notifyObjectUUID={made['uuid']}")


def test_teams_are_destroyed_by_get(server, provider):
    ana = from_native(hire(server, "Ana"))
    assert ana is not None
    member = to_hex_32("acnt_", ana)
    rows = provider.get("/workspace/members/list?search=ana&pageIndex=1&pageSize=100")["data"]
    assert [row["uuid"] for row in rows] == [member]
    uuid = provider.post("/workspace/member_group/add", {"name": "T", "accountUUIDs": [member]})["uuid"]

    assert provider.get(f"/workspace/member_group/get?groupUUID={uuid}")["groupMembers"][0]["uuid"] == member
    provider.post(f"/workspace/member_group/{uuid}/modify", {"name": "U", "accountUUIDs": [member]})
    provider.get(f"/workspace/member_group/{uuid}/delete")
    with pytest.raises(Gone):
        provider.get(f"/workspace/member_group/{uuid}/delete")


def test_monitors_and_mute_rules_live_their_lives(provider):
    policy = provider.post("/alert_policy/add_v2", strategy())["uuid"]
    script = {"type": "simpleCheck", "title": "Pods", "every": "1m", "targets": []}
    body = {
        "type": "trigger",
        "jsonScript": script,
        "alertPolicyUUIDs": [policy],
        "tags": ["k8s"],
        "secret": "x",
    }
    checker = provider.post("/checker/add", body)["uuid"]
    read = provider.get(f"/checker/{checker}/get")
    assert (read["alertPolicyUUIDs"], read["tags"], read["type"]) == ([policy], ["k8s"], "trigger")
    found = provider.get(f"/checker/list?pageIndex=1&pageSize=100&alertPolicyUUID={policy}")["data"]
    assert [each["uuid"] for each in found] == [checker]

    mute = provider.post(
        "/monitor/mute/create",
        {
            "name": "Maintenance",
            "type": "checker",
            "muteRanges": [{"name": "Pods", "type": "trigger", "checkerUUID": checker}],
            "repeatTimeSet": 1,
            "repeatCrontabSet": {"min": "0", "hour": "3", "day": "*", "month": "*", "week": "0"},
            "crontabDuration": 3600,
            "repeatExpireTime": "0",
            "timezone": "Asia/Shanghai",
        },
    )["uuid"]
    provider.post(f"/monitor/mute/{mute}/disable")
    (row,) = provider.get("/monitor/mute/list?pageIndex=1&pageSize=100")["data"]
    assert (row["uuid"], row["name"], row["status"]) == (mute, "Maintenance", 2)
    provider.post(f"/monitor/mute/{mute}/enable")
    assert provider.get("/monitor/mute/list?pageSize=100")["data"][0]["status"] == 0
    provider.post(f"/monitor/mute/{mute}/delete")
    assert provider.get("/monitor/mute/list?pageSize=100")["data"] == []
    provider.post("/checker/delete", {"ruleUUIDs": [checker]})
    with pytest.raises(Gone):
        provider.get(f"/checker/{checker}/get")
