"""From an event to those whom a strategy tells: when, once, again, no more, louder. On either database."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from conftest import ENGINES
from desk import Desk
from guance_office import ADA_, OPS_, REA_, VIC_, Office, opt, target
from routing_builders import event, resolved
from tocsin.core.event import Severity

SHANGHAI = "Asia/Shanghai"
REA, ADA, VIC = "rea@example.org", "ada@example.org", "vic@example.org"
NINE = datetime(2026, 3, 6, 9, tzinfo=UTC)  # 17:00 in Shanghai, a Friday
WARNING, ERROR, CRITICAL = Severity.WARNING, Severity.ERROR, Severity.CRITICAL


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def office(database) -> Office:
    return Office(database, caught=False)


@pytest.fixture
def desk(office) -> Desk:
    return Desk(office.database, office.api.configuration)


def at(minute: float) -> datetime:
    return NINE + timedelta(minutes=minute)


def told(desk, severity=CRITICAL, *, minute: float = 0, **fields) -> set[str]:
    """Report one event, and name those who are told at that moment."""
    desk.report(event(severity, **fields), at=at(minute))
    desk.turn(at(minute))
    return set(desk.deliver(at(minute)))


def well(desk, minute: float, **fields) -> set[str]:
    desk.report(resolved(**fields), at=at(minute))
    desk.turn(at(minute))
    return set(desk.deliver(at(minute)))


def test_each_level_tells_its_own_and_nobody_twice(office, desk):
    office.add(
        alertOpt=opt(
            {
                "targets": [
                    target(REA_, OPS_, "night@example.org", status="critical"),
                    target(REA_, VIC_, status="critical, warning"),
                ]
            }
        )
    )

    assert told(desk, CRITICAL, dedup_key="a") == {REA, ADA, VIC, "night@example.org"}
    assert told(desk, WARNING, dedup_key="b") == {REA, VIC}
    assert told(desk, ERROR, dedup_key="c") == set()
    mails = [each.address for each in desk.messages()]
    assert mails.count(VIC) == 2


def test_the_first_entry_whose_window_is_open_decides_alone(office, desk):
    evening = {"crontab": "0 17 * * *", "crontabDuration": 3600}
    later = {"crontab": "30 16 * * *", "crontabDuration": 7200}
    office.add(
        ruleTimezone=SHANGHAI,
        alertOpt=opt(
            {"targets": [target(REA_, status="critical")], **evening},
            {"targets": [target(ADA_)], **later},
            {"targets": [target(VIC_)]},
        ),
    )

    assert told(desk, CRITICAL, dedup_key="a") == {REA}
    assert told(desk, ERROR, dedup_key="b") == set()  # no falling through to the fallback
    assert told(desk, CRITICAL, dedup_key="c", minute=60) == {ADA}
    assert told(desk, CRITICAL, dedup_key="d", minute=-31) == {VIC}
    assert told(desk, CRITICAL, dedup_key="e", minute=90) == {VIC}


def test_a_window_reaches_across_midnight_on_listed_dates(office, desk):
    dates = office.post("/notice/date/add", {"name": "x", "noticeDates": ["2026/03/06"]})["uuid"]
    times = {"customDateUUIDs": [dates], "customStartTime": "23:30:00", "customDuration": 3600}
    office.add(ruleTimezone=SHANGHAI, alertOpt=opt({"targets": [target(REA_)], **times}))

    assert told(desk, dedup_key="a", minute=6.4 * 60) == set()
    assert told(desk, dedup_key="b", minute=6.6 * 60) == {REA}
    assert told(desk, dedup_key="c", minute=7.4 * 60) == {REA}  # 00:24 of the seventh, the sixth's window
    assert told(desk, dedup_key="d", minute=7.5 * 60) == set()


def test_a_window_of_a_daily_crontab_holds_when_the_clocks_change(office, desk):
    night = {"crontab": "30 2 * * *", "crontabDuration": 1800}
    office.add(ruleTimezone="Europe/Berlin", alertOpt=opt({"targets": [target(REA_)], **night}))
    spring = datetime(2026, 3, 29, 1, tzinfo=UTC)  # 03:00: half past two does not exist

    def tells(minute: float, key: str) -> bool:
        moment = spring + timedelta(minutes=minute)
        desk.report(event(CRITICAL, dedup_key=key), at=moment)
        desk.turn(moment)
        return desk.deliver(moment) == [REA]

    assert [tells(minute, f"k{minute}") for minute in (-1, 0, 29, 31)] == [False, True, True, False]


def test_a_window_in_the_hour_that_comes_twice_opens_once_and_lasts_as_long_as_it_says(office, desk):
    night = {"crontab": "30 2 * * *", "crontabDuration": 5_400}
    office.add(ruleTimezone="Europe/Berlin", alertOpt=opt({"targets": [target(REA_)], **night}))
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30, for the first time

    def tells(minute: int) -> bool:
        moment = first + timedelta(minutes=minute)
        desk.report(event(CRITICAL, dedup_key=f"k{minute}"), at=moment)
        desk.turn(moment)
        return desk.deliver(moment) == [REA]

    assert [tells(minute) for minute in (-1, 0, 59, 61, 89, 91)] == [False, True, True, True, True, False]


def test_a_crontab_that_no_day_fits_is_taken_never_opens_and_is_in_the_policys_health(office, desk):
    never = {"crontab": "0 9 31 2 *", "crontabDuration": 600}
    office.add(alertOpt=opt({"targets": [target(REA_)], **never}, {"targets": [target(ADA_)]}))
    policy = office.native("GET", "/alert-policies").json()["alert_policies"][0]["id"]

    (warning,) = office.native("GET", f"/alert-policies/{policy}/health").json()["warnings"]

    assert (warning["path"], "never opens" in warning["problem"]) == ("rules[0].window", True)
    assert told(desk) == {ADA}


def test_sunday_is_zero_and_seven(office, desk):
    for day in ("0", "7"):
        window = {"crontab": f"0 0 * * {day}", "crontabDuration": 86_400}
        office.add(ruleTimezone="UTC", alertOpt=opt({"targets": [target(REA_)], **window}))

    told_on = [day for day in range(7) if REA in told(desk, dedup_key=f"day {day}", minute=day * 24 * 60)]

    assert told_on == [2]  # NINE is on a Friday


def test_a_repeat_is_quiet_until_its_silence_ends(office, desk):
    office.add(alertOpt=opt(silentTimeout=600))

    assert told(desk, ERROR) == {REA}
    assert told(desk, ERROR, minute=5) == set()
    assert told(desk, CRITICAL, minute=6) == {REA}  # another level is another alert
    assert told(desk, ERROR, minute=7) == set()  # whose own silence still lasts
    assert told(desk, ERROR, minute=10) == {REA}
    assert told(desk, ERROR, minute=11) == set()


def test_a_silence_of_zero_is_for_as_long_as_the_fault_lasts_and_recovery_clears_it(office, desk):
    office.add(alertOpt=opt(silentTimeout=0))

    assert told(desk) == {REA}
    assert told(desk, minute=60 * 24 * 6) == set()
    assert well(desk, 60 * 24 * 6 + 1) == {REA}
    assert told(desk, minute=60 * 24 * 6 + 2) == {REA}


def test_a_silence_may_differ_by_level(office, desk):
    by_level = [{"status": "warning", "silentTimeout": 0}, {"status": "error", "silentTimeout": 60}]
    office.add(
        alertOpt=opt(silentTimeout=600, silentTimeoutByStatusEnable=True, silentTimeoutByStatus=by_level)
    )

    assert [told(desk, WARNING, minute=each, dedup_key="w") for each in (0, 100)] == [{REA}, set()]
    assert [told(desk, ERROR, minute=each, dedup_key="e") for each in (0, 2)] == [{REA}, {REA}]


def test_recovery_is_told_to_those_who_were_told_whatever_window_is_open_then(office, desk):
    window = {"crontab": "0 17 * * *", "crontabDuration": 600}
    office.add(alertOpt=opt({"targets": [target(REA_, "x@example.org", status="critical")], **window}))

    assert well(desk, 0) == set()  # nothing was wrong
    assert told(desk) == {REA, "x@example.org"}
    assert well(desk, 60) == {REA, "x@example.org"}


def test_recovery_is_not_told_where_that_is_not_wanted(office, desk):
    office.add(alertOpt=opt(ignoreOK=True))

    told(desk)

    assert well(desk, 1) == set()


def test_what_lasts_is_told_further_up_once_though_the_source_says_it_once(office, desk):
    upgrades = [{"to": [ADA_], "duration": 600}, {"to": [VIC_], "duration": 6000, "status": "critical"}]
    office.add(alertOpt=opt({"targets": [target(REA_, upgradeTargets=upgrades)]}, silentTimeout=0))

    desk.report(event(CRITICAL), at=NINE)
    sent = desk.run(NINE, 105)

    assert sent == [(0, REA), (10, ADA), (100, VIC)]
    assert well(desk, 110) == {REA, ADA, VIC}


def test_a_change_of_level_starts_the_clock_of_the_upgrade_anew(office, desk):
    upgrades = [{"to": [ADA_], "duration": 600}]
    office.add(alertOpt=opt({"targets": [target(REA_, upgradeTargets=upgrades)]}, silentTimeout=0))

    desk.report(event(ERROR), at=NINE)
    first = desk.run(NINE, 5)
    desk.report(event(CRITICAL), at=at(6))
    then = desk.run(at(6), 15)

    assert first == [(0, REA)]
    assert then == [(0, REA), (10, ADA)]


def test_recovery_in_time_stops_the_upgrade(office, desk):
    upgrades = [{"to": [ADA_], "duration": 600}]
    office.add(alertOpt=opt({"targets": [target(REA_, upgradeTargets=upgrades)]}))

    told(desk)
    well(desk, 9)

    assert ADA not in [address for _, address in desk.run(at(9), 30)]


def test_events_of_a_window_go_as_one_message_for_each_monitor(office, desk):
    office.add(alertOpt=opt(aggInterval=120, aggFields=["df_monitor_checker_id"]))

    for number in range(6):
        desk.report(
            event(dedup_key=f"k{number}", title=f"Pod {number}", monitor_id=f"rul_{number % 2}"), at=at(0)
        )
    before = desk.run(NINE, 1)
    claimed = []
    for minute in (2, 3):
        desk.turn(at(minute))
        claimed += desk.claim(at(minute))

    assert before == []
    assert [(each.notification.address, each.total) for each in claimed] == [(REA, 3), (REA, 3)]
    titles = {alert.title for each in claimed for alert in each.alerts}
    assert titles == {f"Pod {number}" for number in range(6)}


def test_the_first_of_a_window_may_go_at_once(office, desk):
    office.add(alertOpt=opt(aggInterval=120, aggSendFirst=True))

    assert told(desk, dedup_key="a") == {REA}
    assert told(desk, dedup_key="b", minute=1) == set()
    assert [minute for minute, _ in desk.run(at(1), 3)] == [1]


def test_labels_gather_by_the_first_of_those_that_are_listed(office, desk):
    office.add(alertOpt=opt(aggInterval=60, aggFields=["df_label"], aggLabels=["db", "web"]))
    labels = [("web", "db"), ("db",), ("web",), ("x",), ()]

    for number, each in enumerate(labels):
        desk.report(event(dedup_key=f"k{number}", monitor_labels=each), at=NINE)
    desk.turn(at(2))

    assert sorted(each.total for each in desk.claim(at(2))) == [1, 2, 2]


@pytest.mark.parametrize(
    "how",
    [
        {"aggType": "byCluster"},
        {"aggFields": ["CLUSTER"]},
        {"aggType": "byAI"},  # without a model it goes by likeness
        {"aggFields": ["CLUSTER"], "aggClusterFields": ["df_title", "df_message"]},
    ],
)
def test_texts_that_differ_in_numbers_and_hosts_fall_together_and_others_do_not(office, desk, how):
    office.add(alertOpt=opt(aggInterval=60, **how))
    titles = [
        f"Pod coredns-7769b554cf-{name} restarted {n} times" for n, name in enumerate(("w95fk", "x2l8q"))
    ]
    titles += [f"Disk /var on db-{n} is {90 + n} % full" for n in range(3)]

    for number, title in enumerate(titles):
        desk.report(event(dedup_key=f"k{number}", title=title), at=NINE)
    desk.turn(at(2))

    assert sorted(each.total for each in desk.claim(at(2))) == [2, 3]


def test_a_strategy_for_monitors_sees_only_their_events(office, desk):
    office.add(checkerUUIDs=["rul_1"])

    assert told(desk, monitor_id="rul_1", dedup_key="a") == {REA}
    assert told(desk, monitor_id="rul_2", dedup_key="b") == set()
    assert told(desk, dedup_key="c") == set()


def test_each_strategy_decides_alone_and_keeps_its_own_silence(office, desk):
    office.add(alertOpt=opt(silentTimeout=60))
    office.add(alertOpt=opt({"targets": [target(ADA_)]}, silentTimeout=0))

    assert told(desk) == {REA, ADA}
    assert told(desk, minute=2) == {REA}


def test_filters_narrow_and_a_filter_string_replaces_tags(office, desk):
    both = target(REA_, filterString="env:prod", tags={"env": ["test"]})
    office.add(alertOpt=opt({"targets": [both, target(ADA_, tags={"env": ["test"], "-pod": ["a*"]})]}))

    assert told(desk, labels={"env": "prod"}, dedup_key="a") == {REA}
    assert told(desk, labels={"env": "test"}, dedup_key="b") == {ADA}
    assert told(desk, labels={"env": "test"}, dimensions={"pod": "abc"}, dedup_key="c") == set()


def test_by_member_every_information_that_holds_tells_its_members(office, desk):
    upgrade = {"to": [VIC_], "duration": 600, "toWay": ["email"]}
    infos = [
        {
            "filterString": "env:prod",
            "memberInfo": [REA_, OPS_],
            "targets": [{"to": ["email"], "status": "critical", "upgradeTargets": [upgrade]}],
        },
        {"memberInfo": [VIC_], "targets": [{"to": ["email"], "status": "critical,error"}]},
    ]
    office.add(alertOpt=opt({"alertInfo": infos}, alertType="member"))

    assert told(desk, CRITICAL, labels={"env": "prod"}, dedup_key="a") == {REA, ADA, VIC}
    assert told(desk, ERROR, labels={"env": "prod"}, dedup_key="b") == {VIC}
    assert told(desk, CRITICAL, dedup_key="c") == {VIC}


def test_by_member_a_notify_object_is_told_the_members_names(office, desk):
    place = office.post(
        "/notify_object/create",
        {"type": "HTTPRequest", "name": "Hook", "optSet": {"url": "https://x.example/y"}},
    )["uuid"]
    upgrade = {"to": [VIC_], "duration": 600, "toWay": [place]}
    told_of = [{"to": [place], "status": "critical", "upgradeTargets": [upgrade]}]
    infos = [{"memberInfo": [OPS_, VIC_, REA_], "targets": told_of}]
    office.add(alertOpt=opt({"alertInfo": infos}, alertType="member"))

    def named(minute: float) -> list[str]:
        desk.turn(at(minute))
        claimed = desk.claim(at(minute))
        desk.record(claimed, at(minute))
        return [user.email for each in claimed for user in each.mentions]

    desk.report(event(CRITICAL), at=NINE)
    assert named(0) == [REA, ADA, VIC]
    assert named(11) == [VIC]  # when it lasts, those whom that is for


@pytest.mark.parametrize("gathered", [{}, {"aggInterval": 60}])
def test_by_member_a_notify_object_that_two_informations_tell_hears_once_and_of_the_members_of_both(
    office, desk, gathered
):
    hook = {"type": "HTTPRequest", "name": "Hook", "optSet": {"url": "https://x.example/y"}}
    place = office.post("/notify_object/create", hook)["uuid"]
    infos = [
        {"memberInfo": [who], "targets": [{"to": [place], "status": levels}]}
        for who, levels in ((REA_, "critical"), (ADA_, "critical,error"), (VIC_, "info"))
    ]
    office.add(alertOpt=opt({"alertInfo": infos}, alertType="member", **gathered))

    desk.report(event(CRITICAL), at=NINE)
    desk.turn(at(1))
    (claimed,) = desk.claim(at(1))

    assert {user.email for user in claimed.mentions} == {REA, ADA}


def test_gathered_by_two_targets_an_event_is_told_once_to_whom_both_name(office, desk):
    both = [target(REA_, OPS_, status="critical"), target(REA_, VIC_, status="critical, warning")]
    office.add(alertOpt=opt({"targets": both}, aggInterval=60))

    desk.report(event(CRITICAL, dedup_key="a", title="a"), event(WARNING, dedup_key="b", title="b"), at=NINE)
    desk.turn(at(1))
    claimed = desk.claim(at(1))

    told = sorted((each.notification.address, [alert.title for alert in each.alerts]) for each in claimed)
    assert told == [(ADA, ["a"]), (REA, ["a"]), (REA, ["b"]), (VIC, ["a", "b"])]


def test_what_cannot_be_resolved_is_skipped_and_told_in_the_story(office, desk):
    place = office.post(
        "/notify_object/create", {"type": "mailGroup", "name": "Gone", "optSet": {"to": ["g@example.org"]}}
    )["uuid"]
    office.add(alertOpt=opt({"targets": [target(place, "acnt_xxxx32", REA_)]}))
    office.post("/notify_object/delete", {"notifyObjectUUID": place})

    counted = Counter()
    office.database.on_count(lambda what, times: counted.update({what: times}))

    assert told(desk) == {REA}
    said = " ".join(because.sentence() for because in desk.story())
    assert "a deleted destination is not asked: it is not here any more" in said
    assert "acnt_xxxx32 is not asked: nothing is here under that name, and it is no address" in said
    assert counted == {"skipped_gone": 2}
    policy = office.native("GET", "/alert-policies").json()["alert_policies"][0]
    health = office.native("GET", f"/alert-policies/{policy['id']}/health").json()
    assert [warning["path"][-10:] for warning in health["warnings"]] == ["targets[0]", "targets[1]"]


def test_a_mail_group_is_one_mail_to_each_address(office, desk):
    group = office.post(
        "/notify_object/create",
        {"type": "mailGroup", "name": "All", "optSet": {"to": ["g@example.org", OPS_, REA_]}},
    )["uuid"]
    office.add(alertOpt=opt({"targets": [target(group)]}))

    assert told(desk) == {"g@example.org", REA, ADA}
    assert len(desk.messages()) == 3


def test_what_a_mute_rule_covers_is_stored_and_tells_nobody(office, desk):
    office.add()
    rule = {"type": "checker", "muteRanges": [{"checkerUUID": "rul_1"}], "timezone": "UTC"}
    office.post("/monitor/mute/create", rule)

    assert told(desk, monitor_id="rul_1", dedup_key="a") == set()
    assert told(desk, monitor_id="rul_2", dedup_key="b") == {REA}
    assert len(desk.alerts()) == 2


def test_a_strategy_that_notifies_nobody_only_records(office, desk):
    office.add(alertOpt=opt({"targets": [target(status="critical") | {"to": []}]}))

    assert told(desk) == set()
    assert len(desk.alerts()) == 1


def test_what_is_read_and_written_is_the_same_on_either_database(office, desk):
    made = office.add(name="Größe", desc="☂", checkerUUIDs=["a", "ü"])
    script = {"title": "Größe"}
    checker = office.post("/checker/add", {"jsonScript": script, "alertPolicyUUIDs": [made["uuid"]]})
    hook = {"type": "feishuRobot", "name": "P", "optSet": {"webhook": "https://x.example/y", "secret": "s"}}
    place = office.post("/notify_object/create", hook)

    got = office.get(f"/alert_policy/{made['uuid']}/get")
    assert (got["name"], got["desc"]) == ("Größe", "☂")
    assert got["checkerUUIDs"] == ["a", "ü", checker["uuid"]]
    assert office.rows("/notify_object/list")[0]["optSet"] == hook["optSet"]
    office.post(f"/alert_policy/{made['uuid']}/modify_v2", {"ruleTimezone": "UTC", "name": "Other"})
    assert [row["name"] for row in office.rows("/alert_policy/list?search=other")] == ["Other"]
    assert office.post("/alert_policy/delete", {"alertPolicyUUIDs": [made["uuid"]]}) is True
    assert office.post("/notify_object/delete", {"notifyObjectUUID": place["uuid"]}) is True
    assert office.post("/checker/delete", {"ruleUUIDs": [checker["uuid"]]}) is True
