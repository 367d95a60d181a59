"""What strategies name: dates, notify objects, members, teams, keys, monitors, mute rules; and events."""

import json

import pytest

from api_world import NOW
from guance_office import ADA_, NOBODY, OPS_, REA_, VIC_, content, opt, refusal, target
from tocsin.core.spelling import from_hex_32, native, to_hex_32

MS = int(NOW.timestamp() * 1000)


# --- notification dates -------------------------------------------------------------------------------


def dates(office, *days, name="Holidays"):
    return office.post("/notice/date/add", {"name": name, "noticeDates": list(days or ("2026/12/25",))})


def test_dates_are_written_as_notice_dates_and_read_as_dates(office):
    made = dates(office, "2026/12/25", "2026-12-26", "2026.12.27", "2026/1/2")

    assert made["dates"] == ["2026/12/25", "2026-12-26", "2026.12.27", "2026/1/2"]
    assert office.get(f"/notice/date/{made['uuid']}/get")["dates"] == made["dates"]
    assert office.rows("/notice/date/list?search=holi&pageSize=10000")[0]["uuid"] == made["uuid"]
    native_id = native("date_set", from_hex_32(made["uuid"], "ndate_"))
    assert office.native("GET", f"/date-sets/{native_id}").json()["dates"] == [
        *("2026-12-25", "2026-12-26", "2026-12-27"),
        "2026-01-02",
    ]
    office.native("PATCH", f"/date-sets/{native_id}", {"dates": ["2027-01-01"]})
    assert office.get(f"/notice/date/{made['uuid']}/get")["dates"] == ["2027/01/01"]


@pytest.mark.parametrize(
    "days",
    [
        [],
        ["2026/02/30"],
        ["2026/12-25"],
        ["tomorrow"],
        [20261225],
        ["2026/12/25 "],
        ["2026/01/01"] * 366,
        None,
    ],
)
def test_days_that_no_calendar_has_are_refused(office, days):
    body = {"name": "x", "noticeDates": days}

    assert refusal(office.call("POST", "/notice/date/add", body)).startswith("noticeDates")


def test_dates_that_a_strategy_names_stay_unless_that_is_not_to_be_looked_at(office):
    made = dates(office)
    entry = {"customDateUUIDs": [made["uuid"]], "customStartTime": "09:00", "customDuration": 60}
    office.add(alertOpt=opt({"targets": [target()], **entry}))
    body = {"noticeDatesUUIDs": [made["uuid"]]}

    refusal(office.call("POST", "/notice/date/delete", body), 400, "ft.ObjectReferenced")
    assert office.post("/notice/date/delete", body | {"skipRefCheck": True}) is True
    refusal(office.call("GET", f"/notice/date/{made['uuid']}/get"), 404, "ft.NotFound")


def test_dates_are_changed_for_every_window_that_names_them(office):
    made = dates(office)

    changed = office.post(
        f"/notice/date/{made['uuid']}/modify", {"name": "New", "noticeDates": ["2027/01/01"]}
    )

    assert (changed["name"], changed["dates"], changed["uuid"]) == ("New", ["2027/01/01"], made["uuid"])


# --- notify objects -----------------------------------------------------------------------------------

URL = "https://example.org/hook"
OBJECTS = [
    ("HTTPRequest", {"url": URL}, "guance_http", URL),
    ("simpleHTTPRequest", {"url": URL}, "guance_http", URL),
    ("dingTalkRobot", {"webhook": URL, "secret": "SEC1"}, "dingtalk", URL),
    ("dingTalkRobot", {"webhook": URL, "secret": ""}, "dingtalk", URL),
    ("wechatRobot", {"webhook": URL}, "wecom", URL),
    ("feishuRobot", {"webhook": URL, "secret": "s"}, "feishu", URL),
    ("mailGroup", {"to": ["a@example.org", REA_, OPS_]}, "email", None),
    ("mailGroup", {"to": ["acnt_xxxx32"]}, "email", None),
    ("sms", {"to": ["+8613800138000", "13800138001"]}, "sms", "+8613800138000, +8613800138001"),
    ("vms", {"to": ["+14155550100"]}, "voice", "+14155550100"),
    ("slackIncomingWebhook", {"webhook": "https://hooks.slack.com/services/T0/B0/x"}, "slack", None),
    ("teamsWorkflowWebhook", {"webhook": URL, "more": 1}, "teams", URL),
    ("googleChatWebhook", {"webhook": URL}, "google_chat", URL),
]


@pytest.mark.parametrize(("kind", "opts", "channel", "address"), OBJECTS)
def test_notify_objects_are_destinations(office, kind, opts, channel, address):
    made = office.post("/notify_object/create", {"type": kind, "name": "Place", "optSet": opts})

    got = office.get(f"/notify_object/get?notifyObjectUUID={made['uuid']}")
    assert (made["type"], made["name"], made["optSet"]) == (kind, "Place", opts)
    assert (got["type"], got["optSet"]) == (kind, opts)
    assert office.rows("/notify_object/list")[0]["optSet"] == opts
    place = office.native(
        "GET", f"/destinations/{native('destination', from_hex_32(made['uuid'], 'notify_'))}"
    )
    assert place.json()["channel"] == channel
    if channel in ("sms", "voice"):
        assert place.json()["address"] == address


@pytest.mark.parametrize(
    ("kind", "opts", "path"),
    [
        ("pigeon", {"url": URL}, "type"),
        ("HTTPRequest", {}, "optSet.url"),
        ("HTTPRequest", {"url": "ftp://x"}, "optSet.url"),
        ("HTTPRequest", {"url": 5}, "optSet.url"),
        ("dingTalkRobot", {"secret": "s"}, "optSet.webhook"),
        ("dingTalkRobot", {"webhook": URL, "secret": "a b"}, "optSet.secret"),
        ("wechatRobot", {"webhook": "https://qyapi.weixin.qq.com/x"}, "optSet.webhook"),
        ("mailGroup", {"to": []}, "optSet.to"),
        ("mailGroup", {"to": ["a@example.org", "nobody"]}, "optSet.to[1]"),
        ("sms", {"to": ["12"]}, "optSet.to[0]"),
        ("sms", {}, "optSet.to"),
    ],
)
def test_what_a_type_needs_is_missed(office, kind, opts, path):
    body = {"type": kind, "name": "Place", "optSet": opts}

    assert refusal(office.call("POST", "/notify_object/create", body)).startswith(f"{path}: ")
    assert office.rows("/notify_object/list") == []


def test_who_may_only_read_does_not_see_what_is_as_good_as_a_key(office):
    body = {"type": "dingTalkRobot", "name": "P", "optSet": {"webhook": URL, "secret": "SEC1"}}
    made = office.post("/notify_object/create", body)

    seen = office.get(f"/notify_object/get?notifyObjectUUID={made['uuid']}", as_="viewer")

    assert seen["optSet"] == {"webhook": "***", "secret": "***"}
    assert seen["forbiddenOperation"] is True


def test_a_notify_object_is_changed_and_deleted_though_a_strategy_names_it(office):
    body = {"type": "HTTPRequest", "name": "P", "optSet": {"url": URL}}
    made = office.post("/notify_object/create", body)
    uuid = made["uuid"]
    office.add(alertOpt=opt({"targets": [target(uuid)]}))

    changed = office.post("/notify_object/modify", {"notifyObjectUUID": uuid, "name": "Q"})
    moved = office.post("/notify_object/modify", {"notifyObjectUUID": uuid, "optSet": {"url": f"{URL}2"}})

    assert (changed["name"], changed["optSet"]) == ("Q", {"url": URL})
    assert (moved["name"], moved["optSet"]) == ("Q", {"url": f"{URL}2"})
    assert office.post("/notify_object/delete", {"notifyObjectUUID": uuid}) is True
    refusal(office.call("POST", "/notify_object/delete", {"notifyObjectUUID": uuid}), 404, "ft.NotFound")


def test_several_notify_objects_are_deleted_all_or_none(office):
    uuids = [
        office.post("/notify_object/create", {"type": "HTTPRequest", "name": "P", "optSet": {"url": URL}})[
            "uuid"
        ]
        for _ in range(3)
    ]
    unknown = to_hex_32("notify_", 99)

    for path in ("delete", "batch_delete"):
        answer = office.call("POST", f"/notify_object/{path}", {"notifyObjectUUIDs": [uuids[0], unknown]})
        refusal(answer, 404, "ft.NotFound")
    assert len(office.rows("/notify_object/list")) == 3
    office.post("/notify_object/delete", {"notifyObjectUUIDs": uuids[:1]})
    office.post("/notify_object/batch_delete", {"notifyObjectUUIDs": uuids[1:]})
    assert office.rows("/notify_object/list") == []
    assert refusal(office.call("POST", "/notify_object/delete", {})).startswith(
        "notifyObjectUUID: is missing"
    )


def test_permissions_of_a_notify_object_hold(office):
    body = {"type": "HTTPRequest", "name": "P", "optSet": {"url": URL}, "openPermissionSet": True}
    uuid = office.post("/notify_object/create", body | {"permissionSet": [VIC_]})["uuid"]
    change = {"notifyObjectUUID": uuid, "name": "Q"}

    refusal(office.call("POST", "/notify_object/modify", change, as_="responder"), 403, "ft.Forbidden")
    assert office.post("/notify_object/modify", change, as_="viewer")["name"] == "Q"


def test_a_destination_made_natively_is_a_notify_object(office):
    place = {"name": "Mail", "channel": "email", "address": f"x@example.org, {native('user', 12)}"}
    assert office.native("POST", "/destinations", place).status_code == 201

    [row] = office.rows("/notify_object/list")

    assert (row["type"], row["optSet"]) == ("mailGroup", {"to": ["x@example.org", REA_]})


# --- members, teams, keys -----------------------------------------------------------------------------


def test_members_are_listed_with_their_roles(office):
    rows = {row["name"]: row for row in office.rows("/workspace/members/list")}

    assert {name: row["role"] for name, row in rows.items()} == {
        "Ola": "owner",
        "Ada": "wsAdmin",
        "Rea": "general",
        "Vic": "readOnly",
    }
    assert rows["Rea"]["uuid"] == REA_
    assert rows["Rea"]["roles"] == [{"name": "Standard", "uuid": "general"}]
    assert (rows["Rea"]["email"], rows["Rea"]["status"]) == ("rea@example.org", 0)
    assert [row["name"] for row in office.rows("/workspace/members/list?search=VIC@")] == ["Vic"]


def test_teams_are_made_read_changed_and_deleted(office):
    uuid = office.post("/workspace/member_group/add", {"name": "Night", "accountUUIDs": [REA_]})["uuid"]

    [row] = office.get("/workspace/member_group/list?search=nig")
    got = office.get(f"/workspace/member_group/get?groupUUID={uuid}")
    office.post(f"/workspace/member_group/{uuid}/modify", {"name": "Day", "accountUUIDs": [ADA_, REA_]})

    assert row == {"uuid": uuid, "name": "Night", "member_count": 1, "member_name_list": ["Rea"]}
    assert got["groupMembers"] == [{"uuid": REA_, "name": "Rea", "email": "rea@example.org"}]
    assert {each["name"] for each in got["membersNotInGroup"]} == {"Ola", "Ada", "Vic"}
    [changed] = office.get("/workspace/member_group/list?search=day")
    assert changed["member_name_list"] == ["Ada", "Rea"]
    assert office.get(f"/workspace/member_group/{uuid}/delete") is True
    refusal(office.call("POST", f"/workspace/member_group/{uuid}/delete", {}), 404, "ft.NotFound")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"name": "", "accountUUIDs": []}, "name"),
        ({"name": "x" * 49}, "name"),
        ({"name": "x", "accountUUIDs": ["acnt_xxxx32"]}, "accountUUIDs[0]"),
        ({"name": "x", "accountUUIDs": [to_hex_32("acnt_", 99)]}, "accountUUIDs"),
        ({"name": "x", "accountUUIDs": None}, "accountUUIDs"),
    ],
)
def test_a_team_that_cannot_be_is_refused(office, body, path):
    assert refusal(office.call("POST", "/workspace/member_group/add", body)).startswith(path)


def test_only_admins_make_teams(office):
    answer = office.call("POST", "/workspace/member_group/add", {"name": "x"}, as_="responder")

    refusal(answer, 403, "ft.Forbidden")


@pytest.mark.parametrize("who", ["admin", NOBODY])
def test_a_new_key_opens_the_door_until_it_is_deleted(office, who):
    made = office.post("/workspace/accesskey/add", {"name": "CI"}, as_=who)
    key = {"df-api-key": made["sk"]}

    opened = office.call("GET", "/alert_policy/list", as_=None, headers=key)
    listed = office.get("/workspace/accesskey/list?search=ci")
    assert office.get(f"/workspace/accesskey/{made['uuid']}/get")["name"] == "CI"
    office.get(f"/workspace/accesskey/{made['uuid']}/delete")
    shut = office.call("GET", "/alert_policy/list", as_=None, headers=key)

    content(opened)
    assert made["uuid"] in [each["uuid"] for each in listed]
    assert office.get("/workspace/accesskey/list?search=nothing") == []
    assert made["sk"] not in json.dumps(listed)
    refusal(shut, 403, "ft.InvalidAPIKey")


def test_a_key_of_nobody_signs_with_its_own_name(office):
    assert office.add_as(NOBODY)["creator"].startswith("wsak_")


# --- monitors -----------------------------------------------------------------------------------------


def test_monitors_are_kept_as_they_came(office):
    script = {"type": "simpleCheck", "title": "Pods", "z": 1, "a": [1.5]}
    body = {"type": "trigger", "status": 0, "jsonScript": script, "tags": ["k8s"], "extend": {"x": 1}}

    made = office.post("/checker/add", body)
    changed = office.post(f"/checker/{made['uuid']}/modify", {"jsonScript": script | {"title": "Pods 2"}})

    assert {name: made[name] for name in body} == body
    assert made["uuid"].startswith("rul_")
    assert (changed["name"], changed["extend"]) == ("Pods 2", {"x": 1})
    assert [row["uuid"] for row in office.rows("/checker/list?search=pods")] == [made["uuid"]]
    assert office.rows(f"/monitor/check/list?checkerUUID=rul_x,{made['uuid']}")[0]["name"] == "Pods 2"
    assert office.rows("/checker/list?checkerUUID=rul_x") == []
    strategy = office.add(checkerUUIDs=[made["uuid"]])["uuid"]
    assert [row["uuid"] for row in office.rows(f"/checker/list?alertPolicyUUID={strategy}")] == [made["uuid"]]
    assert office.rows(f"/checker/list?alertPolicyUUID={to_hex_32('altpl_', 9)}") == []
    assert office.native("GET", "/monitors").json()["monitors"][0]["key"] == made["uuid"]
    assert office.post("/checker/delete", {"ruleUUIDs": [made["uuid"]]}) is True
    refusal(office.call("GET", f"/checker/{made['uuid']}/get"), 404, "ft.NotFound")


def test_a_monitor_of_another_system_is_found_by_its_own_key(office):
    office.native("POST", "/monitors", {"key": "watch/1", "name": "Watch"})

    assert office.rows("/checker/list")[0]["uuid"] == "watch/1"
    refusal(office.call("POST", "/checker/add", {"type": "trigger"}))


# --- mute rules ---------------------------------------------------------------------------------------

ONCE = {
    "type": "custom",
    "muteRanges": [],
    "tags": {"host": ["db-*"], "-env": ["prod"]},
    "timezone": "Asia/Shanghai",
    "repeatTimeSet": 0,
    "startTime": "2026/03/06 16:00:00",
    "endTime": "2026/03/06 18:30:00",
    "notifyTargets": [],
    "declaration": {"team": "db"},
}
NIGHTLY = {
    "type": "checker",
    "muteRanges": [{"checkerUUID": "rul_1", "name": "Pods"}, {"monitorUUID": "monitor_2"}],
    "timezone": "Europe/Berlin",
    "repeatTimeSet": 1,
    "repeatCrontabSet": {"min": "0", "hour": "1", "day": "*", "month": "*", "week": "*"},
    "crontabDuration": 3600,
    "repeatExpireTime": "0",
}


@pytest.mark.parametrize("body", [ONCE, NIGHTLY], ids=["once", "nightly"])
def test_a_mute_rule_comes_back_as_it_was_sent_and_is_a_silence(office, body):
    made = office.post("/monitor/mute/create", body)

    [row] = office.rows("/monitor/mute/list")
    [silence] = office.native("GET", "/silences").json()["silences"]

    for record in (made, row, office.get(f"/monitor/mute/{made['uuid']}/get")):
        assert {name: record[name] for name in body} == body
        assert record["status"] == 0
    assert made["uuid"].startswith("mute_")
    if body is ONCE:
        assert (silence["starts_at"], silence["ends_at"]) == ("2026-03-06T08:00:00Z", "2026-03-06T10:30:00Z")
        assert silence[
            "filter"
        ] == '(tags.host like "db-*" or host like "db-*") and tags.env != prod'.replace('"db-*"', "db-*")
    else:
        assert silence["recurring"]["expression"] == "0 1 * * *"
        assert silence["name"] == "Pods"
        assert silence["filter"] == "monitor_id = rul_1 or monitor_id = monitor_2"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"type": "all"}, "type"),
        ({"timezone": "Mars"}, "timezone"),
        ({"startTime": "soon"}, "startTime"),
        ({"endTime": "2026/03/06 15:00:00"}, "endTime"),
        ({"repeatTimeSet": 2}, "repeatTimeSet"),
        ({"repeatTimeSet": 1}, "repeatCrontabSet"),
        ({"repeatTimeSet": 1, "repeatCrontabSet": {"min": "99"}}, "repeatCrontabSet"),
        ({"repeatTimeSet": 1, "repeatCrontabSet": {"min": "1"}}, "crontabDuration"),
        ({"muteRanges": [{"name": "x"}]}, "muteRanges[0]"),
        ({"tags": {"a": 5}}, "tags.a"),
        ({"tags": {}, "filterString": "a:("}, "filterString"),
    ],
)
def test_a_mute_rule_that_cannot_be_is_refused(office, changes, path):
    assert refusal(office.call("POST", "/monitor/mute/create", ONCE | changes)).startswith(f"{path}: ")
    assert office.rows("/monitor/mute/list") == []


def test_a_mute_rule_can_be_disabled_and_enabled_again(office):
    uuid = office.post("/monitor/mute/create", ONCE)["uuid"]

    disabled = office.post(f"/monitor/mute/{uuid}/disable")
    [silence] = office.native("GET", "/silences").json()["silences"]
    enabled = office.post(f"/monitor/mute/{uuid}/enable")

    assert (disabled["status"], disabled["startTime"]) == (2, ONCE["startTime"])
    assert silence["ends_at"] == "2026-03-06T09:00:00Z"
    assert enabled["status"] == 0
    assert office.native("GET", "/silences").json()["silences"][0]["ends_at"] == "2026-03-06T10:30:00Z"
    assert office.post(f"/monitor/mute/{uuid}/modify", NIGHTLY)["type"] == "checker"
    assert office.post(f"/monitor/mute/{uuid}/delete") is True
    refusal(office.call("GET", f"/monitor/mute/{uuid}/get"), 404, "ft.NotFound")


def test_a_silence_that_is_ended_natively_is_seen_so(office):
    uuid = office.post("/monitor/mute/create", ONCE)["uuid"]
    silence = native("silence", from_hex_32(uuid, "mute_"))

    office.native("POST", f"/silences/{silence}/end")

    seen = office.get(f"/monitor/mute/{uuid}/get")
    assert (seen["status"], seen["type"], seen["endTime"]) == (2, "custom", "2026/03/06 09:00:00")


def test_a_mute_rule_for_a_strategy_covers_its_monitors(office):
    made = office.add(checkerUUIDs=["rul_1", "rul_2"])
    ranges = [{"alertPolicyUUID": made["uuid"], "name": "Nights"}, {"tagUUID": "tag_1", "name": "k8s"}]

    office.post("/monitor/mute/create", ONCE | {"type": "alertPolicy", "muteRanges": ranges, "tags": {}})

    [silence] = office.native("GET", "/silences").json()["silences"]
    assert silence["filter"] == "monitor_id in [rul_1, rul_2] or monitor_labels = k8s"


# --- events -------------------------------------------------------------------------------------------


def test_an_event_of_ones_own_is_taken_listed_and_restored(office):
    event = {"date": MS, "status": "fatal", "title": "Deploy failed", "customTags": {"env": "prod", "n": 5}}

    assert office.post("/events/create", event) is True

    body = {"timeRange": [MS - 3_600_000, MS + 1_000], "limit": 10}
    listed = office.post("/events/abnormal/list", body)
    [shown] = listed["data"]
    assert (listed["total_count"], listed["limit"], listed["offset"]) == (1, 10, 0)
    assert (shown["df_status"], shown["df_title"], shown["df_source"]) == (
        "critical",
        "Deploy failed",
        "custom",
    )
    assert (shown["env"], shown["n"]) == ("prod", "5")
    ref = shown["df_monitor_checker_event_ref"]
    assert office.get(f"/keyevent/restore?monitorCheckerEventRef={ref}") is True
    assert office.post("/events/abnormal/list", body)["data"] == []
    refusal(office.call("GET", f"/keyevent/restore?monitorCheckerEventRef={ref}"), 404, "ft.NotFound")


def test_an_ok_event_ends_the_trouble_of_the_same_title_and_tags(office):
    for status in ("error", "manual_ok"):
        office.post("/events/create", {"status": status, "title": "Down", "customTags": {"a": "b"}})

    span = {"timeRange": [MS - 1_000, MS + 1_000]}
    assert office.post("/events/abnormal/list", span)["total_count"] == 0


def test_what_is_not_well_can_be_searched_and_narrowed(office):
    for status, title in (("error", "Disk full"), ("info", "Disk ok-ish"), ("error", "Pod gone")):
        office.post("/events/create", {"status": status, "title": title})

    def found(**more):
        rows = office.post("/events/abnormal/list", {"timeRange": [MS - 1_000, MS + 1_000], **more})["data"]
        return sorted(row["df_title"] for row in rows)

    assert found(search="Disk") == ["Disk full", "Disk ok-ish"]
    assert found(lastStatus=["error"]) == ["Disk full", "Pod gone"]
    assert len(found(limit=1, offset=1)) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"timeRange": [1]},
        {"timeRange": [MS, MS - 1]},
        {"timeRange": [MS - 7 * 3_600_000, MS]},
        {"timeRange": [-(10**30), 10**30]},
        {"timeRange": [0, 1], "limit": 101},
    ],
)
def test_a_span_that_cannot_be_is_refused(office, body):
    refusal(office.call("POST", "/events/abnormal/list", body))


@pytest.mark.parametrize(
    "body",
    [{"status": "error"}, {"title": "x"}, {"status": "bad", "title": "x"}, {"status": "ok", "title": ""}],
)
def test_an_event_that_says_nothing_is_refused(office, body):
    refusal(office.call("POST", "/events/create", body))


def test_events_that_a_mute_rule_covers_are_silent(office):
    office.post("/monitor/mute/create", ONCE | {"tags": {"host": ["db-1"]}})

    office.post("/events/create", {"status": "error", "title": "x", "customTags": {"host": "db-1"}})

    [shown] = office.post("/events/abnormal/list", {"timeRange": [MS - 1, MS + 1]})["data"]
    assert shown["df_is_silent"] == "true"


def test_the_document_describes_every_route(office):
    document = office.call("GET", "/guance/openapi.json", as_=None).json()

    assert "/api/v1/alert_policy/add_v2" in document["paths"]
    assert document["components"]["securitySchemes"]["apiKeyAuth"]["name"] == "DF-API-KEY"
