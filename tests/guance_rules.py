"""What a strategy may say and what it may not: tables, for whatever they are tried against."""

from guance_office import REA_, opt, strategy, target

DATED = {"customDateUUIDs": ["ndate_x"], "customStartTime": "09:30:10", "customDuration": 600}
CRON = {"crontab": "0 9 * * 1-5", "crontabDuration": 600}
T = {"targets": [target()]}
E0 = "alertOpt.alertTarget[0]"
T0 = f"{E0}.targets[0]"


def entry(**changes):
    return {"alertOpt": opt(T | changes)}


def aimed(**changes):
    return {"alertOpt": opt({"targets": [target(status="critical") | changes]})}


def by_member(**changes):
    info = {"targets": [{"to": ["email"], "status": "critical"}], "memberInfo": [REA_]}
    return {"alertOpt": opt({"alertInfo": [info | changes]}, alertType="member")}


def without(name, body):
    return {key: value for key, value in body.items() if key != name}


FAULTS = [
    ({"name": ""}, "name"),
    ({"name": None}, "name"),
    ({"name": "x" * 129}, "name"),
    ({"name": 5}, "name"),
    ({"desc": None}, "desc"),
    ({"desc": "x" * 257}, "desc"),
    ({"ruleTimezone": "Asia/Nowhere"}, "ruleTimezone"),
    ({"ruleTimezone": ""}, "ruleTimezone"),
    ({"ruleTimezone": None}, "ruleTimezone"),
    ({"openPermissionSet": None}, "openPermissionSet"),
    ({"openPermissionSet": "true"}, "openPermissionSet"),
    ({"permissionSet": None}, "permissionSet"),
    ({"permissionSet": ["owner"]}, "permissionSet[0]"),
    ({"permissionSet": ["wsAdmin", "boss"]}, "permissionSet[1]"),
    ({"permissionSet": ["acnt_"]}, "permissionSet[0]"),
    ({"checkerUUIDs": None}, "checkerUUIDs"),
    ({"checkerUUIDs": ["rul_1", ""]}, "checkerUUIDs[1]"),
    ({"checkerUUIDs": [5]}, "checkerUUIDs[0]"),
    ({"securityRuleUUIDs": [""]}, "securityRuleUUIDs[0]"),
    ({"alertOpt": None}, "alertOpt"),
    ({"alertOpt": []}, "alertOpt"),
    ({"alertOpt": {}}, "alertOpt.silentTimeout"),
    ({"alertOpt": opt(silentTimeout=None)}, "alertOpt.silentTimeout"),
    ({"alertOpt": opt(silentTimeout=-1)}, "alertOpt.silentTimeout"),
    ({"alertOpt": opt(silentTimeout=True)}, "alertOpt.silentTimeout"),
    ({"alertOpt": opt(silentTimeout=1.5)}, "alertOpt.silentTimeout"),
    ({"alertOpt": opt(silentTimeout="soon")}, "alertOpt.silentTimeout"),
    ({"alertOpt": opt(silentTimeout=10**30)}, "alertOpt.silentTimeout"),
    ({"alertOpt": opt(aggInterval=1801)}, "alertOpt.aggInterval"),
    ({"alertOpt": opt(aggInterval=-1)}, "alertOpt.aggInterval"),
    ({"alertOpt": opt(aggInterval=False)}, "alertOpt.aggInterval"),
    ({"alertOpt": opt(aggType="byMagic")}, "alertOpt.aggType"),
    ({"alertOpt": opt(aggFields=["host"])}, "alertOpt.aggFields[0]"),
    ({"alertOpt": opt(aggFields=None)}, "alertOpt.aggFields"),
    ({"alertOpt": opt(aggLabels=[""])}, "alertOpt.aggLabels[0]"),
    ({"alertOpt": opt(aggClusterFields=["df_title", "host"])}, "alertOpt.aggClusterFields[1]"),
    ({"alertOpt": opt(alertType=None)}, "alertOpt.alertType"),
    ({"alertOpt": opt(alertType="people")}, "alertOpt.alertType"),
    ({"alertOpt": opt(alertTarget=None)}, "alertOpt.alertTarget"),
    ({"alertOpt": opt(alertTarget={})}, "alertOpt.alertTarget"),
    ({"alertOpt": opt(alertTarget=[5])}, E0),
    ({"alertOpt": opt(aggSendFirst="yes")}, "alertOpt.aggSendFirst"),
    ({"alertOpt": opt(ignoreOK=1)}, "alertOpt.ignoreOK"),
    (
        {"alertOpt": opt(silentTimeoutByStatusEnable=True, silentTimeoutByStatus=[{"status": "bad"}])},
        "alertOpt.silentTimeoutByStatus[0].status",
    ),
    # Times: exactly one of three, whole.
    (entry(crontab="0 9 * * *"), f"{E0}.crontabDuration"),
    (entry(crontabDuration=600), f"{E0}.crontab"),
    (entry(**CRON, customStartTime="09:00"), f"{E0}.customStartTime"),
    (entry(**CRON, **DATED), f"{E0}.customDateUUIDs"),
    (entry(crontab="61 9 * * *", crontabDuration=5), f"{E0}.crontab"),
    (entry(crontab="0 9 * *", crontabDuration=5), f"{E0}.crontab"),
    (entry(crontab="0 9 * * *", crontabDuration=-5), f"{E0}.crontabDuration"),
    (entry(**without("customStartTime", DATED)), f"{E0}.customStartTime"),
    (entry(**without("customDateUUIDs", DATED)), f"{E0}.customDateUUIDs"),
    (entry(**without("customDuration", DATED)), f"{E0}.customDuration"),
    (entry(**DATED | {"customStartTime": "9 o'clock"}), f"{E0}.customStartTime"),
    (entry(**DATED | {"customStartTime": "24:00:00"}), f"{E0}.customStartTime"),
    (entry(**DATED | {"customDateUUIDs": ["date_x"]}), f"{E0}.customDateUUIDs[0]"),
    (entry(**DATED | {"customDuration": 1.5}), f"{E0}.customDuration"),
    # Targets.
    ({"alertOpt": opt({"name": "x"})}, f"{E0}.targets"),
    ({"alertOpt": opt({"targets": []})}, f"{E0}.targets"),
    ({"alertOpt": opt({"targets": [5]})}, T0),
    ({"alertOpt": opt({"targets": [{"status": "critical"}]})}, f"{T0}.to"),
    ({"alertOpt": opt({"targets": [{"to": []}]})}, f"{T0}.status"),
    (aimed(to=None), f"{T0}.to"),
    (aimed(to=["somebody"]), f"{T0}.to[0]"),
    (aimed(to=["email"]), f"{T0}.to[0]"),
    (aimed(to=["acnt_1", "group_"]), f"{T0}.to[1]"),
    (aimed(to=["a@b@c"]), f"{T0}.to[0]"),
    (aimed(to=["acnt_\n"]), f"{T0}.to[0]"),
    (aimed(status="critical,broken"), f"{T0}.status"),
    (aimed(status="critical,"), f"{T0}.status"),
    (aimed(status=""), f"{T0}.status"),
    (aimed(status="critical", df_source="security"), f"{T0}.status"),
    (aimed(status="security_high"), f"{T0}.status"),
    (aimed(tags=[]), f"{T0}.tags"),
    (aimed(tags={"pod": [5]}), f"{T0}.tags.pod[0]"),
    (aimed(tags={"pod": {}}), f"{T0}.tags.pod"),
    (aimed(filterString={}), f"{T0}.filterString"),
    (aimed(filterString="host:(a"), f"{T0}.filterString"),
    (aimed(filterString='host:"a'), f"{T0}.filterString"),
    (aimed(filterString="host:~["), f"{T0}.filterString"),
    (aimed(filterString="host"), f"{T0}.filterString"),
    (aimed(filterString="x" * 65_537), f"{T0}.filterString"),
    (aimed(filterString="(" * 5_000), f"{T0}.filterString"),
    (aimed(upgradeTargets=[{"to": ["acnt_1"], "duration": 1}] * 3), f"{T0}.upgradeTargets"),
    (aimed(upgradeTargets=[{"to": ["acnt_1"]}]), f"{T0}.upgradeTargets[0].duration"),
    (aimed(upgradeTargets=[{"duration": 5}]), f"{T0}.upgradeTargets[0].to"),
    (aimed(upgradeTargets=[{"to": ["x"], "duration": 5}]), f"{T0}.upgradeTargets[0].to[0]"),
    (aimed(upgradeTargets=[{"to": ["acnt_1"], "duration": -1}]), f"{T0}.upgradeTargets[0].duration"),
    (
        aimed(upgradeTargets=[{"to": ["acnt_1"], "duration": 5, "status": "x"}]),
        f"{T0}.upgradeTargets[0].status",
    ),
    # By member.
    ({"alertOpt": opt(T, alertType="member")}, f"{E0}.alertInfo"),
    (by_member(targets=None), f"{E0}.alertInfo[0].targets"),
    (by_member(targets=[{"to": ["acnt_1"], "status": "info"}]), f"{E0}.alertInfo[0].targets[0].to[0]"),
    (by_member(memberInfo=["notify_1"]), f"{E0}.alertInfo[0].memberInfo[0]"),
    (by_member(filterString="a:"), f"{E0}.alertInfo[0].filterString"),
    (
        by_member(
            targets=[
                {"to": ["sms"], "status": "info", "upgradeTargets": [{"to": ["notify_1"], "duration": 5}]}
            ]
        ),
        f"{E0}.alertInfo[0].targets[0].upgradeTargets[0].to[0]",
    ),
]
"""What is wrong with a request, and the path by which the first fault is named."""

ACCEPTED = [
    without("alertOpt", strategy()),
    strategy(
        desc="", openPermissionSet=False, permissionSet=[], checkerUUIDs=[], alertOpt=opt(alertTarget=[])
    ),
    strategy(permissionSet=["wsAdmin", "general", "readOnly", "role_x", "group_x", "acnt_x"]),
    strategy(checkerUUIDs=["rule_xxx", "monitor_xxx", "rul_1"]),
    strategy(unknown={"deeper": [1]}, alertOpt=opt(newer=[1, {"a": None}])),
    strategy(alertOpt={"silentTimeout": 0}),
    strategy(alertOpt=opt(silentTimeout="600", aggInterval=None, aggType=None)),
    strategy(alertOpt=opt(aggInterval=1800, aggType="byCustom", aggFields=["host", "df_title"])),
    strategy(alertOpt=opt(aggInterval=60, aggType="byFields", aggFields=["CLUSTER", "df_label"])),
    strategy(alertOpt=opt(aggLabels=["a"], aggClusterFields=["df_message"], aggSendFirst=True)),
    strategy(**entry(**CRON)),
    strategy(
        **entry(crontab="", crontabDuration=0, customDateUUIDs=[], customStartTime="", customDuration=0)
    ),
    strategy(**entry(crontab=None, customDateUUIDs=None, customDuration=None)),
    strategy(**entry(**DATED)),
    strategy(**entry(**DATED | {"customStartTime": "09:30"})),
    strategy(**entry(customDateUUIDs=["ndate_x"], customStartTime="09:30:10", crontabDuration=600)),
    strategy(**entry(crontab="0 0 31 2 *", crontabDuration=60)),
    strategy(**entry(crontab="*/5 0-6,22 1,15 * 7", crontabDuration=60)),
    strategy(**aimed(to=[])),
    strategy(**aimed(to=["night@example.org", "acnt_x", "group_x", "notify_x"])),
    strategy(**aimed(status="critical , error,fatal")),
    strategy(**aimed(status="All")),
    strategy(**aimed(status="security_high,security_low", df_source="security")),
    strategy(**aimed(tags={"pod": "one", "-host": ["a*", "b"], "none": []})),
    strategy(**aimed(filterString="  ", tags={"a": ["b"]})),
    strategy(**aimed(filterString='host:web* AND (env:prod OR env:"a b") -pod:x NOT team:~"^a|b$"')),
    strategy(**aimed(filterString="host:" + "x" * 60_000)),
    strategy(
        **aimed(
            upgradeTargets=[{"to": ["acnt_x"], "duration": 0}, {"to": [], "duration": 6000, "status": ""}]
        )
    ),
    strategy(**by_member()),
    strategy(**by_member(memberInfo=[], filterString="")),
    strategy(
        **by_member(
            targets=[
                {
                    "to": ["email", "sms", "notify_x"],
                    "status": "info",
                    "upgradeTargets": [{"to": [REA_], "duration": 60, "toWay": ["email", "sms", "mail"]}],
                }
            ]
        )
    ),
]
"""Requests that are taken and come back as they were sent."""

NO_OBJECTS = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b'{"name":"x"',
    b'{"name": NaN}',
    b'{"name":"x","ruleTimezone":"UTC","alertOpt":{"silentTimeout":NaN}}',
    b'{"name":"x","ruleTimezone":"UTC","alertOpt":{"silentTimeout":1e999}}',
    b'{"name":"\xff"}',
    b'{"name":"\\ud800","ruleTimezone":"UTC"}',
    b'{"name":"a\\u0000b","ruleTimezone":"UTC"}',
    b'{"name":"x","ruleTimezone":"UTC","alertOpt":{"silentTimeout":1,"x":"\\u0000"}}',
    b'{"name":"x","ruleTimezone":"UTC","alertOpt":{"silentTimeout":1,"x":"\\ud800"}}',
    b'{"name":"x","ruleTimezone":"UTC","alertOpt":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b'{"name":"x","ruleTimezone":"UTC","alertOpt":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}",
]
"""Bodies that are no object of JSON, or hold what no database keeps."""
