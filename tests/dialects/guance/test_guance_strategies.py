"""Strategies, read and written here and natively; who may change them; which monitors they are for."""

import json

import pytest

from guance_office import (
    ADA_,
    CURL,
    NOBODY,
    OPS_,
    REA_,
    TRACE,
    VIC_,
    content,
    exactly,
    opt,
    refusal,
    strategy,
    target,
)
from tocsin.core.spelling import from_hex_32, native, to_hex_32

FOREIGN = "altpl_0123456789abcdef0123456789abcdef"
UNKNOWN = to_hex_32("altpl_", 424_242)


def native_of(office, made):
    identifier = from_hex_32(made["uuid"], "altpl_")
    return f"/alert-policies/{native('alert_policy', identifier)}"


def test_the_vendors_own_curl_is_taken_and_comes_back_as_it_was(office):
    answer = office.call(
        "POST", "/alert_policy/add", CURL, headers={"content-type": "application/json;charset=UTF-8"}
    )

    made = content(answer)
    assert exactly(made["alertOpt"]) == exactly(json.loads(CURL)["alertOpt"])
    assert json.dumps(json.loads(CURL)["alertOpt"], separators=(",", ":")).encode() in answer.content
    assert TRACE.fullmatch(answer.json()["traceId"])
    assert {name: made[name] for name in ("name", "ruleTimezone", "status", "score", "deleteAt", "id")} == {
        "name": "jj_test",
        "ruleTimezone": "Asia/Shanghai",
        "status": 0,
        "score": 0,
        "deleteAt": -1,
        "id": None,
    }
    assert made["creator"] == made["updator"] == ADA_
    assert from_hex_32(made["uuid"], "altpl_")
    assert made["workspaceUUID"] == to_hex_32("wksp_", 1)
    assert made["declaration"] == {}
    for absent in ("permissionSet", "checkerUUIDs", "securityRuleUUIDs"):
        assert absent not in made


def test_every_byte_of_the_options_is_kept(office):
    raw = '{ "silentTimeout" : 60.0e0, "zzz":[1.10, 1E2], "alertTarget":[],  "aaa":{"é":"\\u00e9"} }'
    whole = raw.replace("60.0e0", "60")

    answer = office.call(
        "POST", "/alert_policy/add", '{"name":"x","ruleTimezone":"UTC","alertOpt":' + whole + "}"
    )

    assert whole.encode() in answer.content


def test_a_strategy_without_options_records_and_notifies_nobody(office):
    made = office.post("/alert_policy/add_v2", {"name": "x", "ruleTimezone": "UTC"})

    assert "alertOpt" not in made
    assert office.native("GET", native_of(office, made)).json()["rules"] == []


def test_two_strategies_may_have_one_name(office):
    assert office.add()["uuid"] != office.add()["uuid"]


def test_a_change_keeps_what_it_leaves_out(office):
    made = office.add(desc="first", checkerUUIDs=["rul_1"], permissionSet=["general"])

    changed = office.post(f"/alert_policy/{made['uuid']}/modify_v2", {"ruleTimezone": "Europe/Berlin"})

    assert exactly(changed["alertOpt"]) == exactly(made["alertOpt"])
    assert (changed["name"], changed["desc"], changed["checkerUUIDs"]) == ("Nights", "first", ["rul_1"])
    assert changed["permissionSet"] == ["general"]
    assert changed["ruleTimezone"] == "Europe/Berlin"
    assert isinstance(changed["id"], int)


def test_a_new_zone_moves_the_windows_too(office):
    made = office.add(alertOpt=opt({"targets": [target()], "crontab": "0 9 * * *", "crontabDuration": 60}))

    office.post(f"/alert_policy/{made['uuid']}/modify_v2", {"ruleTimezone": "Europe/Berlin"})

    rule = office.native("GET", native_of(office, made)).json()["rules"][0]
    assert rule["window"]["time_zone"] == "Europe/Berlin"


def test_options_that_leave_the_silence_out_keep_it(office):
    made = office.add(alertOpt=opt(silentTimeout=77))

    changed = office.post(
        f"/alert_policy/{made['uuid']}/modify_v2",
        {"ruleTimezone": "UTC", "alertOpt": {"aggInterval": 30, "alertTarget": []}},
    )

    assert exactly(changed["alertOpt"]) == exactly(
        {"aggInterval": 30, "alertTarget": [], "silentTimeout": 77}
    )


def test_the_zone_is_needed_in_a_change(office):
    made = office.add()

    assert refusal(office.call("POST", f"/alert_policy/{made['uuid']}/modify_v2", {})).startswith(
        "ruleTimezone: is missing"
    )


@pytest.mark.parametrize("uuid", [FOREIGN, UNKNOWN, "altpl_xxxx32", "x", to_hex_32("group_", 7)])
@pytest.mark.parametrize("path", ["get", "modify", "modify_v2"])
def test_what_is_not_there_is_not_found(office, uuid, path):
    body = None if path == "get" else strategy()
    method = "GET" if path == "get" else "POST"

    refusal(office.call(method, f"/alert_policy/{uuid}/{path}", body), 404, "ft.NotFound")


def test_strategies_of_the_workspace_next_door_are_not_there(office):
    made = office.add()

    for path in ("get", "modify_v2"):
        answer = office.call(
            "GET" if path == "get" else "POST",
            f"/alert_policy/{made['uuid']}/{path}",
            None if path == "get" else strategy(),
            as_="stranger",
        )
        refusal(answer, 404, "ft.NotFound")
    assert office.rows("/alert_policy/list", as_="stranger") == []
    refusal(
        office.call("POST", "/alert_policy/delete", {"alertPolicyUUIDs": [made["uuid"]]}, as_="stranger"),
        404,
        "ft.NotFound",
    )


def test_lists_come_in_parts_the_newest_first_and_can_be_searched(office):
    names = [office.add(name=f"Night {number}")["name"] for number in range(5)]

    first = office.call("GET", "/alert_policy/list?pageSize=2").json()
    third = office.call("GET", "/alert_policy/list?pageSize=2&pageIndex=3").json()

    assert [row["name"] for row in first["content"]["data"]] == [names[4], names[3]]
    assert first["pageInfo"] == {"count": 2, "pageIndex": 1, "pageSize": 2, "totalCount": 5}
    assert first["content"]["declaration"] == {}
    assert [row["name"] for row in third["content"]["data"]] == [names[0]]
    assert [row["name"] for row in office.rows("/alert_policy/list?search=night%203")] == ["Night 3"]
    assert office.rows("/alert_policy/list?pageIndex=9") == []


@pytest.mark.parametrize("query", ["pageSize=0", "pageSize=101", "pageIndex=0", "pageIndex=x"])
def test_a_part_that_cannot_be_is_refused(office, query):
    assert refusal(office.call("GET", f"/alert_policy/list?{query}")).startswith(query.partition("=")[0])


def test_rows_tell_more_than_records(office):
    office.add(checkerUUIDs=["rul_1", "rul_2"])

    [row] = office.rows("/alert_policy/list")

    assert row["creatorInfo"]["name"] == "Ada"
    assert (row["ruleCount"], row["refCountInfo"]) == (2, {})


def test_a_list_can_be_narrowed_to_notify_objects(office):
    place = office.post(
        "/notify_object/create",
        {"type": "HTTPRequest", "name": "Hook", "optSet": {"url": "https://example.org/x"}},
    )
    made = office.add(alertOpt=opt({"targets": [target(place["uuid"])]}))
    office.add()

    found = office.rows(f"/alert_policy/list?notifyObjectUUIDs={place['uuid']},notify_x")

    assert [row["uuid"] for row in found] == [made["uuid"]]
    assert office.get(f"/alert_policy/{made['uuid']}/get")["notifyObjectName"] == {place["uuid"]: "Hook"}


def test_deleting_is_all_or_nothing(office):
    first, second = office.add(), office.add()

    refusal(
        office.call("POST", "/alert_policy/delete", {"alertPolicyUUIDs": [first["uuid"], UNKNOWN]}),
        404,
        "ft.NotFound",
    )
    refusal(office.call("POST", "/alert_policy/delete", {"alertPolicyUUIDs": []}))
    assert len(office.rows("/alert_policy/list")) == 2

    uuids = [first["uuid"], second["uuid"]]
    assert office.post("/alert_policy/delete", {"alertPolicyUUIDs": uuids}) is True
    assert office.rows("/alert_policy/list") == []


# --- with the native API ------------------------------------------------------------------------------


def test_a_strategy_is_an_alert_policy_seen_and_changed_natively(office):
    made = office.add(desc="at night")
    path = native_of(office, made)

    seen = office.native("GET", path).json()
    office.native("PATCH", path, {"name": "Renamed", "repeat_after_s": 120})

    assert (seen["name"], seen["description"], seen["mode"]) == ("Nights", "at night", "first_window")
    changed = office.get(f"/alert_policy/{made['uuid']}/get")
    assert changed["name"] == "Renamed"
    assert changed["alertOpt"]["silentTimeout"] == 120
    assert changed["alertOpt"]["alertTarget"] == [
        {"targets": [{"to": [REA_], "status": "critical,error,warning,nodata,info"}]}
    ]


def test_a_change_that_says_the_same_leaves_the_options_as_they_came(office):
    made = office.add(alertOpt=opt(unknown=1))
    path = native_of(office, made)
    rules = office.native("GET", path).json()["rules"]

    office.native("PATCH", path, {"description": "new", "rules": [rules[0] | {"id": None, "plans": [
        plan | {"id": None, "steps": [step | {"id": None} for step in plan["steps"]]}
        for plan in rules[0]["plans"]
    ]}]})  # fmt: skip

    assert exactly(office.get(f"/alert_policy/{made['uuid']}/get")["alertOpt"]) == exactly(opt(unknown=1))


def test_a_policy_made_natively_is_a_strategy(office):
    window = {"type": "cron", "expression": "0 22 * * *", "duration_s": 3600, "time_zone": "UTC"}
    asks = [{"type": "user", "id": native("user", 12), "via": ["email"]}]
    steps = [
        {"after_s": 0, "action": {"type": "notify", "targets": asks}},
        {
            "after_s": 300,
            "action": {"type": "notify", "targets": [{"type": "user", "id": native("user", 11)}]},
        },
    ]
    body = {
        "name": "Native",
        "repeat_after_s": None,
        "gathering": {"by": "fields", "fields": ["monitor_id"], "window_s": 60, "first_at_once": True},
        "rules": [
            {"name": "night", "filter": 'labels.team = "db" and not host like "web*"', "window": window,
             "severities": ["critical"], "plans": [{"steps": steps}]},
            {"fallback": True, "plans": [{"steps": steps[:1]}]},
        ],
    }  # fmt: skip
    made = office.native("POST", "/alert-policies", body)
    assert made.status_code == 201, made.text

    [row] = office.rows("/alert_policy/list")

    assert row["alertOpt"] == {
        "alertType": "status",
        "silentTimeout": 0,
        "aggInterval": 60,
        "aggType": "byFields",
        "aggSendFirst": True,
        "aggFields": ["df_monitor_checker_id"],
        "ignoreOK": False,
        "alertTarget": [
            {
                "name": "night",
                "crontab": "0 22 * * *",
                "crontabDuration": 3600,
                "targets": [
                    {
                        "to": [REA_],
                        "status": "critical",
                        "filterString": 'team:"db" AND NOT *host:"web*"',
                        "upgradeTargets": [{"to": [ADA_], "duration": 300}],
                    }
                ],
            },
            {"targets": [{"to": [REA_], "status": "All"}]},
        ],
    }


def test_what_is_rebuilt_can_be_sent_back_and_means_the_same(office):
    made = office.add(
        alertOpt=opt(
            {"targets": [target(filterString='a:b AND (c:"d e" OR NOT f:~"x|y") -host:web*')]},
            aggInterval=60,
            aggFields=["df_label", "df_dimension_tags"],
            aggLabels=["x"],
        )
    )
    path = native_of(office, made)
    office.native("PATCH", path, {"repeat_after_s": 61})
    before = office.native("GET", path).json()
    rebuilt = office.get(f"/alert_policy/{made['uuid']}/get")["alertOpt"]

    office.post(
        f"/alert_policy/{made['uuid']}/modify_v2", {"ruleTimezone": "Asia/Shanghai", "alertOpt": rebuilt}
    )

    after = office.native("GET", path).json()
    assert after["repeat_after_s"] == 61
    assert after["gathering"] == before["gathering"]
    assert [rule["severities"] for rule in after["rules"]] == [rule["severities"] for rule in before["rules"]]


def test_a_strategy_by_members_stays_one_when_it_is_changed_natively(office):
    hook = {"type": "HTTPRequest", "name": "Hook", "optSet": {"url": "https://x.example/y"}}
    place = office.post("/notify_object/create", hook)["uuid"]
    upgrade = {"to": [VIC_], "duration": 600, "toWay": ["sms", place]}
    infos = [
        {
            "memberInfo": [REA_, OPS_],
            "targets": [{"to": ["email", "sms", place], "status": "critical", "upgradeTargets": [upgrade]}],
        },
        {
            "memberInfo": [VIC_],
            "targets": [{"to": ["sms"], "status": "critical,error", "filterString": 'env:"prod"'}],
        },
    ]
    made = office.add(alertOpt=opt({"alertInfo": infos}, alertType="member"))

    changed = office.native("PATCH", native_of(office, made), {"repeat_after_s": 61})

    seen = office.get(f"/alert_policy/{made['uuid']}/get")["alertOpt"]
    assert changed.status_code == 200
    assert (seen["alertType"], seen["silentTimeout"]) == ("member", 61)
    assert seen["alertTarget"] == [{"alertInfo": infos}]


# --- keys and permissions -----------------------------------------------------------------------------


def test_without_a_good_key_nothing_is_told(office):
    for headers in ({}, {"df-api-key": ""}, {"df-api-key": "wrong"}, {"authorization": "Bearer admin"}):
        answer = office.call("GET", "/alert_policy/list", as_=None, headers=headers)
        refusal(answer, 403, "ft.InvalidAPIKey")


def test_a_wrong_method_is_refused_in_the_envelope(office):
    refusal(office.call("GET", "/alert_policy/add_v2"), 405, "ft.MethodNotAllowed")
    refusal(office.call("DELETE", "/alert_policy/list"), 405, "ft.MethodNotAllowed")


def test_a_path_that_leads_nowhere_is_refused_in_the_envelope(office):
    refusal(office.call("GET", "/alert_policy/nothing"), 404, "ft.NotFound")
    refusal(office.call("GET", "/alert_policy/list/"), 404, "ft.NotFound")


def test_too_many_requests_are_refused_with_401(sqlite_slow):
    office = sqlite_slow

    refusal(
        next(
            answer
            for answer in (office.call("GET", "/alert_policy/list") for _ in range(5))
            if answer.status_code != 200
        ),
        401,
        "ft.TriggerApiAkCurrentLimiting",
    )


@pytest.mark.parametrize(("who", "may"), [("owner", 1), ("admin", 1), ("responder", 1), ("viewer", 0)])
def test_roles_decide_where_a_strategy_has_no_permissions_of_its_own(office, who, may):
    made = office.add(permissionSet=["readOnly"])  # without the switch it has no effect
    uuid = made["uuid"]

    added = office.call("POST", "/alert_policy/add_v2", strategy(), as_=who)
    changed = office.call("POST", f"/alert_policy/{uuid}/modify_v2", strategy(name="N"), as_=who)
    read = office.get(f"/alert_policy/{uuid}/get", as_=who)
    deleted = office.call("POST", "/alert_policy/delete", {"alertPolicyUUIDs": [uuid]}, as_=who)

    assert read["forbiddenOperation"] is not bool(may)
    for answer in (added, changed, deleted):
        if may:
            content(answer)
        else:
            refusal(answer, 403, "ft.Forbidden")


@pytest.mark.parametrize(
    ("listed", "who", "may"),
    [
        ([], "owner", True),
        ([], NOBODY, True),
        ([], "admin", True),  # who made it
        ([], "responder", False),
        (["wsAdmin"], "responder", False),
        (["general"], "responder", True),
        (["readOnly"], "viewer", True),
        ([VIC_], "viewer", True),
        ([OPS_], "responder", True),
        ([OPS_], "viewer", False),
        (["role_x", "group_x", "acnt_x"], "responder", False),
    ],
)
def test_a_strategy_with_permissions_is_changed_by_those_whom_it_lists(office, listed, who, may):
    uuid = office.add(openPermissionSet=True, permissionSet=listed)["uuid"]

    read = office.get(f"/alert_policy/{uuid}/get", as_=who)
    changed = office.call("POST", f"/alert_policy/{uuid}/modify_v2", strategy(name="N"), as_=who)
    kept = office.get(f"/alert_policy/{uuid}/get")["name"]
    deleted = office.call("POST", "/alert_policy/delete", {"alertPolicyUUIDs": [uuid]}, as_=who)

    assert read["forbiddenOperation"] is not may
    assert kept == ("N" if may else "Nights")
    for answer in (changed, deleted):
        if may:
            content(answer)
        else:
            refusal(answer, 403, "ft.Forbidden")


def test_an_admin_who_is_not_listed_and_did_not_make_it_is_refused(office):
    uuid = office.add_as("responder", openPermissionSet=True, permissionSet=["general"])["uuid"]

    refusal(office.call("POST", f"/alert_policy/{uuid}/modify_v2", strategy()), 403, "ft.Forbidden")


# --- monitors -----------------------------------------------------------------------------------------


def checker(office, title="Pods", **more):
    script = {"type": "simpleCheck", "title": title, "every": "1m"}
    return office.post("/checker/add", {"type": "trigger", "status": 0, "jsonScript": script, **more})


def test_the_association_is_the_same_from_both_sides(office):
    first, second = checker(office), checker(office, "Disks")
    made = office.add(checkerUUIDs=[first["uuid"], "rul_elsewhere"])
    uuid = made["uuid"]

    assert office.get(f"/checker/{first['uuid']}/get")["alertPolicyUUIDs"] == [uuid]
    office.post(f"/checker/{second['uuid']}/modify", {"alertPolicyUUIDs": [uuid]})
    assert office.get(f"/alert_policy/{uuid}/get")["checkerUUIDs"] == [
        *(first["uuid"], "rul_elsewhere"),
        second["uuid"],
    ]
    office.post(f"/checker/{first['uuid']}/modify", {"alertPolicyUUIDs": []})
    assert office.get(f"/alert_policy/{uuid}/get")["checkerUUIDs"] == ["rul_elsewhere", second["uuid"]]
    office.post(f"/alert_policy/{uuid}/modify_v2", {"ruleTimezone": "UTC", "checkerUUIDs": [first["uuid"]]})
    assert office.get(f"/checker/{second['uuid']}/get")["alertPolicyUUIDs"] == []
    assert office.get(f"/checker/{first['uuid']}/get")["alertPolicyUUIDs"] == [uuid]
    office.post("/alert_policy/delete", {"alertPolicyUUIDs": [uuid]})
    assert office.get(f"/checker/{first['uuid']}/get")["alertPolicyUUIDs"] == []


def test_the_first_version_says_nothing_of_monitors(office):
    made = office.post("/alert_policy/add", strategy(checkerUUIDs=["rul_1"]))
    assert "checkerUUIDs" not in made
    office.post(f"/alert_policy/{made['uuid']}/modify_v2", {"ruleTimezone": "UTC", "checkerUUIDs": ["rul_1"]})

    changed = office.post(
        f"/alert_policy/{made['uuid']}/modify", {"ruleTimezone": "UTC", "checkerUUIDs": ["rul_2"]}
    )

    assert changed["checkerUUIDs"] == ["rul_1"]


def test_monitors_set_natively_are_seen(office):
    made = office.add(checkerUUIDs=["rul_1"])
    path = native_of(office, made)
    scope = office.native("GET", path).json()["scope"]

    office.native("PATCH", path, {"scope": scope | {"monitor_ids": ["rul_1", "rul_2"]}})

    assert office.get(f"/alert_policy/{made['uuid']}/get")["checkerUUIDs"] == ["rul_1", "rul_2"]
