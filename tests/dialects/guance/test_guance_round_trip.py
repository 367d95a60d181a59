"""Laws of strategies: what is written reads back to the byte; what is rebuilt means the same."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guance_office import ADA_, OPS_, REA_, content, exactly
from tocsin.dialects.guance.strategies.rebuild import alert_opt_of
from tocsin.dialects.guance.strategies.translate import drafted, meaning_of, still_means
from tocsin.dialects.guance.strategies.wire import alert_opt

ZONE = "Asia/Shanghai"
LEVELS = ("critical", "error", "warning", "nodata", "info")
WORDS = st.text(min_size=1, max_size=10).filter(str.isprintable)
SECONDS = st.integers(min_value=0, max_value=100_000)
TO = st.lists(
    st.sampled_from([REA_, ADA_, OPS_, "notify_xxxx32", "acnt_x", "a@example.org"]),
    min_size=1,
    max_size=4,
    unique=True,
)
STATUS = st.lists(st.sampled_from(LEVELS), min_size=1, max_size=5, unique=True).map(",".join)
UPGRADES = st.lists(
    st.fixed_dictionaries({"to": TO, "duration": st.integers(1, 100_000)}),
    max_size=2,
    unique_by=lambda each: each["duration"],
)
TAGS = st.dictionaries(st.sampled_from(["env", "-env", "host", "df_label"]), st.lists(WORDS, max_size=3))
TARGET = st.fixed_dictionaries(
    {"to": TO, "status": STATUS}, optional={"upgradeTargets": UPGRADES, "tags": TAGS, "unknown": st.none()}
)
CRON = st.fixed_dictionaries(
    {
        "crontab": st.sampled_from(["0 9 * * 1-5", "*/5 * * * *", "0 22 1,15 * 7"]),
        "crontabDuration": st.integers(1, 100_000),
    }
)
TIMES = st.one_of(st.just({}), CRON)
ENTRY = st.builds(
    lambda times, rest: rest | times,
    TIMES,
    st.fixed_dictionaries(
        {"targets": st.lists(TARGET, min_size=1, max_size=3)}, optional={"name": WORDS, "zzz": st.integers()}
    ),
)
OPTS = st.fixed_dictionaries(
    {"silentTimeout": SECONDS, "alertTarget": st.lists(ENTRY, max_size=4)},
    optional={
        "aggInterval": st.one_of(st.none(), st.integers(0, 1_800)),
        "aggType": st.sampled_from(["byFields", "byCluster", "byAI", None]),
        "aggFields": st.lists(
            st.sampled_from(["df_monitor_checker_id", "df_dimension_tags", "df_label", "CLUSTER"]),
            max_size=4,
            unique=True,
        ),
        "aggLabels": st.lists(WORDS, max_size=3),
        "aggClusterFields": st.lists(st.sampled_from(["df_title", "df_message"]), max_size=2, unique=True),
        "aggSendFirst": st.booleans(),
        "ignoreOK": st.booleans(),
        "unknown": st.recursive(st.none() | st.booleans() | st.floats(0, 1) | WORDS, st.lists, max_leaves=5),
    },
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(opt=OPTS)
def test_what_is_written_reads_back_to_the_byte(office, opt):
    sent = '{"name":"x","ruleTimezone":"UTC","alertOpt":' + json.dumps(opt, ensure_ascii=False) + "}"

    made = content(office.call("POST", "/alert_policy/add_v2", sent))
    got = office.get(f"/alert_policy/{made['uuid']}/get")
    office.post("/alert_policy/delete", {"alertPolicyUUIDs": [made["uuid"]]})

    assert exactly(made["alertOpt"]) == exactly(got["alertOpt"]) == exactly(opt)


@given(opt=OPTS)
def test_what_is_rebuilt_from_a_policy_means_the_same(opt):
    plain = json.loads(json.dumps(opt))
    for entry in plain["alertTarget"]:
        for each in entry["targets"]:
            each.pop("tags", None)
    meaning = meaning_of(alert_opt(plain, new=True), ZONE)
    policy = drafted("x", "", ZONE, (), meaning)

    rebuilt = json.loads(json.dumps(alert_opt_of(policy, {})))
    again = meaning_of(alert_opt(rebuilt, new=True), ZONE)

    assert (again.repeat, again.gathering, again.notify_resolved) == (
        meaning.repeat,
        meaning.gathering,
        meaning.notify_resolved,
    )
    assert still_means(policy, meaning)
    assert [summary(rule) for rule in again.rules] == sorted_by_window(meaning.rules)


def sorted_by_window(rules):
    """Give the rules as they are rebuilt: those of a window together, the fallback last."""
    windows = list(dict.fromkeys(rule.window for rule in rules if rule.window is not None))
    ordered = [rule for window in windows for rule in rules if rule.window == window]
    return [summary(rule) for rule in (*ordered, *(rule for rule in rules if rule.window is None))]


def summary(rule):
    asked = [step.action.targets for plan in rule.inline for step in plan.steps]
    later = {
        (each.plan.steps[0].after, each.plan.steps[0].action.targets, each.severities)
        for each in rule.lasting
    }
    return rule.window, rule.fallback, rule.severities, rule.filter.text, asked, later
