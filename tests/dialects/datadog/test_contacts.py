"""Notification channels and rules: what is written reads back, here and natively."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api_world import REA
from datadog_office import ANA, BEN, FOREIGN, UNKNOWN, Office, by_type, refusal
from tocsin.core.ids import compose
from tocsin.core.spelling import from_uuid, native, to_uuid
from tocsin.dialects.datadog.contacts.phone import formatted, region_of
from tocsin.store.database import open_database
from tocsin.store.secrets import Vault, VaultKey
from tocsin.store.statements import two_forms

CHANNELS, RULES = f"/users/{ANA}/notification-channels", f"/users/{ANA}/notification-rules"
OWN = to_uuid(REA.id + 1_000)  # the mailbox that everybody has from the start
NATIVE = f"/users/{native('user', REA.id)}"
MAIL = {"type": "email", "address": "rea@home.example", "formats": ["html", "text"]}
PHONE = {"type": "phone", "number": "+17039389548"}
VOICE = {"type": "phone", "method": "voice"}
SMS = {"type": "phone", "method": "sms"}


def channel(**config: Any) -> dict:
    return {"data": {"type": "notification_channels", "attributes": {"config": config}}}


def rule(named: str = OWN, identifier: str | None = None, **attributes: Any) -> dict:
    data = {
        "type": "notification_rules",
        "attributes": attributes,
        "relationships": {"channel": {"data": {"id": named, "type": "notification_channels"}}},
    }
    return {"data": data if identifier is None else data | {"id": identifier}}


def made(office: Office, **config: Any) -> str:
    return office.post(CHANNELS, channel(**(config or MAIL)))["data"]["id"]


def ruled(office: Office, delay: int = 0, category: str = "high_urgency", named: str = OWN) -> str:
    return office.post(RULES, rule(named, delay_minutes=delay, category=category))["data"]["id"]


def shown(office: Office) -> list[tuple[str, str, int]]:
    return [
        (each["id"], each["attributes"]["category"], each["attributes"]["delay_minutes"])
        for each in office.get(RULES)["data"]
    ]


# --- channels -------------------------------------------------------------------------------------------


def test_a_mailbox_reads_back_as_it_was_written(office):
    document = office.post(CHANNELS, channel(**MAIL))

    assert document["data"]["type"] == "notification_channels"
    assert document["data"]["attributes"] == {"active": True, "config": MAIL}
    assert office.get(f"{CHANNELS}/{document['data']['id'].upper()}") == document
    assert [each["id"] for each in office.get(CHANNELS)["data"]] == [OWN, document["data"]["id"]]


def test_a_telephone_is_one_channel_here_and_two_contact_methods_natively(office):
    document = office.post(CHANNELS, channel(**PHONE))

    assert document["data"]["attributes"] == {
        "active": True,
        "config": PHONE | {"formatted_number": "+1 703-938-9548", "region": "us", "verified": True},
    }
    assert office.get(CHANNELS)["data"][1:] == [document["data"]]
    assert uses(office) == ["sms", "voice"]
    assert office.post(CHANNELS, channel(**PHONE)) == document
    assert uses(office) == ["sms", "voice"]

    office.call("DELETE", f"{CHANNELS}/{document['data']['id']}")

    assert uses(office) == []


def test_a_rule_chooses_how_a_telephone_is_used_and_may_change_its_mind(office):
    phone = made(office, **PHONE)
    low = {"category": "low_urgency"}
    number = office.post(RULES, rule(phone, channel_settings=VOICE, **low))["data"]["id"]
    before = ladder(office, "default")

    changed = office.put(f"{RULES}/{number}", rule(phone, channel_settings=SMS, **low))

    assert (before, ladder(office, "default")) == (["voice"], ["sms"])
    assert changed["data"]["attributes"]["channel_settings"] == SMS


def test_a_number_that_was_added_natively_for_texts_alone_cannot_be_called(office):
    body = {"channel": "sms", "address": PHONE["number"]}
    answer = office.api.call("POST", f"{NATIVE}/contact-methods", body, as_="admin")
    assert answer.status_code == 201, answer.text
    (phone,) = [each["id"] for each in office.get(CHANNELS)["data"] if each["id"] != OWN]

    refused = office.call("POST", RULES, rule(phone, channel_settings=VOICE))

    assert refused.status_code == 400
    assert "for which this number has not been added" in refused.text
    assert office.post(RULES, rule(phone, channel_settings=SMS))["data"]["id"]


@pytest.mark.parametrize(
    ("number", "text", "region"),
    [
        ("+17039389548", "+1 703-938-9548", "us"),
        ("+14165550100", "+1 416-555-0100", "ca"),
        ("+18765550100", "+1 876-555-0100", "jm"),
        ("+442079460958", "+44 2079460958", "gb"),
        ("+77271234567", "+7 7271234567", "kz"),
        ("+74951234567", "+7 4951234567", "ru"),
        ("+35312345678", "+353 12345678", "ie"),
        ("+99999999999", "+99999999999", "zz"),
    ],
)
def test_numbers_are_written_as_people_write_them(number, text, region):
    assert (formatted(number), region_of(number)) == (text, region)


def test_an_address_that_is_there_already_is_the_same_channel_again(office):
    first = made(office)

    again = office.post(CHANNELS, channel(**MAIL | {"formats": ["text"]}))["data"]
    own = made(office, **MAIL | {"address": REA.email})

    assert (again["id"], own) == (first, OWN)
    assert again["attributes"]["config"]["formats"] == ["text"]
    assert len(office.get(CHANNELS)["data"]) == 2


def test_what_people_add_for_themselves_is_verified_first(office):
    own = office.post(CHANNELS, channel(**MAIL), as_="responder")["data"]

    assert own["attributes"]["active"] is False
    (mail,) = [
        each
        for each in office.api.get("/notifications", as_="admin")["notifications"]
        if each["address"] == MAIL["address"]
    ]
    assert mail["kind"] == "verification"


def test_a_deleted_channel_takes_its_rules_along_and_leaves_the_others_their_times(office):
    mail = made(office)
    first, second, third = ruled(office, 0), ruled(office, 5, named=mail), ruled(office, 10)
    low = ruled(office, 3, "low_urgency", mail)

    answer = office.call("DELETE", f"{CHANNELS}/{mail}")

    assert (answer.status_code, answer.content) == (204, b"")
    assert shown(office) == [(first, "high_urgency", 0), (third, "high_urgency", 10)]
    assert second != low
    assert refusal(office.call("GET", f"{CHANNELS}/{mail}")) == "notification channel not found"
    assert office.call("DELETE", f"{CHANNELS}/{mail}").status_code == 404


# --- rules ----------------------------------------------------------------------------------------------


def test_a_rule_reads_back_as_it_was_written(office):
    phone = made(office, **PHONE)
    given = {"category": "low_urgency", "delay_minutes": 7, "channel_settings": VOICE}

    document = office.post(RULES, rule(phone, **given))

    assert document["data"]["attributes"] == given
    assert document["data"]["relationships"] == rule(phone)["data"]["relationships"]
    assert office.get(f"{RULES}/{document['data']['id']}") == document
    assert "included" not in document
    both = office.get(RULES, params={"include": "channel"})
    assert [each["id"] for each in by_type(both)["notification_channels"]] == [phone]


def test_a_rule_is_of_high_urgency_and_fires_at_once_unless_it_says_otherwise(office):
    document = office.post(RULES, rule())

    assert document["data"]["attributes"] == {"category": "high_urgency", "delay_minutes": 0}


@pytest.mark.parametrize("order", sorted(set(permutations((0, 5, 5, 20)))))
def test_rules_keep_their_delays_whatever_order_they_were_made_in(office, order):
    ids = [(ruled(office, delay), delay) for delay in order]

    assert sorted((number, delay) for number, _, delay in shown(office)) == sorted(ids)
    assert [delay for _, _, delay in shown(office)] == [0, 5, 5, 20]


def test_a_rule_is_replaced_and_keeps_its_id(office):
    mail = made(office)
    ids = [ruled(office, delay) for delay in (0, 5, 10)]

    changed = office.put(f"{RULES}/{ids[0]}", rule(mail, ids[0], category="low_urgency", delay_minutes=90))

    assert changed["data"]["id"] == ids[0]
    assert shown(office) == [
        (ids[1], "high_urgency", 5),
        (ids[2], "high_urgency", 10),
        (ids[0], "low_urgency", 90),
    ]
    moved = office.put(f"{RULES}/{ids[1]}", rule(delay_minutes=30))
    assert moved["data"]["attributes"] == {"category": "high_urgency", "delay_minutes": 30}
    assert [delay for _, _, delay in shown(office)] == [10, 30, 90]


def test_a_rule_is_deleted_and_the_others_fire_when_they_did(office):
    ids = [ruled(office, delay) for delay in (0, 5, 10)]

    answers = [office.call("DELETE", f"{RULES}/{ids[1]}") for _ in range(2)]

    assert [each.status_code for each in answers] == [204, 404]
    assert refusal(answers[1]) == "notification rule not found"
    assert shown(office) == [(ids[0], "high_urgency", 0), (ids[2], "high_urgency", 10)]


def test_a_rule_may_wait_for_days(office):
    long = ruled(office, 7 * 24 * 60)

    assert shown(office) == [(long, "high_urgency", 10_080)]


# --- the same ladders, natively -------------------------------------------------------------------------


def ladder(office: Office, importance: str = "important") -> list[Any]:
    rungs = office.api.get(f"{NATIVE}/notification-rules?importance={importance}", as_="admin")
    return [each["wait_s"] or each["channel"] for each in rungs["notification_rules"]]


def test_rules_are_rungs_and_waits_natively(office):
    phone = made(office, **PHONE)
    ruled(office, 10)
    office.post(RULES, rule(phone, delay_minutes=4, channel_settings=VOICE))
    ruled(office, 2, "low_urgency")

    assert ladder(office) == [240, "voice", 360, "email"]
    assert ladder(office, "default") == [120, "email"]


def test_what_is_edited_natively_is_shown_as_far_as_it_can_be(office):
    body = {
        "notification_rules": [
            {"type": "notify", "channel": "email"},
            {"type": "wait", "wait_s": 90},
            {"type": "notify", "channel": "slack"},
            {"type": "wait", "wait_s": 60},
            {"type": "notify", "contact_method_id": native("contact_method", REA.id + 1_000)},
        ]
    }
    path = f"{NATIVE}/notification-rules?importance=important"
    assert office.api.call("PUT", path, body, as_="admin").status_code == 200

    (first, _, early), (second, _, late) = shown(office)
    again = office.put(f"{RULES}/{second}", rule(OWN, delay_minutes=2))

    assert (early, late) == (0, 2)
    assert again["data"]["id"] == second
    assert first != second
    assert ladder(office) == ["email", 90, "slack", 60, "email"]  # nothing was said that was not so


def gathering(office) -> list[tuple[str, int]]:
    found = office.api.get(f"{NATIVE}/notification-rules", as_="admin")["notification_rules"]
    return [(each["channel"] or "wait", each["gather_s"]) for each in found]


def test_how_long_texts_are_gathered_is_set_natively_and_kept_until_the_rule_calls(office):
    phone = made(office, **PHONE)
    number = office.post(RULES, rule(phone, channel_settings=SMS))["data"]["id"]
    (rung,) = office.api.get(f"{NATIVE}/notification-rules", as_="admin")["notification_rules"]
    path = f"{NATIVE}/notification-rules/{rung['id']}"
    assert office.api.call("PATCH", path, {"gather_s": 120}, as_="admin").status_code == 200

    office.put(f"{RULES}/{number}", rule(phone, channel_settings=SMS, delay_minutes=3))
    later = gathering(office)
    office.put(f"{RULES}/{number}", rule(phone, channel_settings=SMS, category="low_urgency"))
    quieter = gathering(office)
    office.put(f"{RULES}/{number}", rule(phone, channel_settings=VOICE, category="low_urgency"))

    assert later == [("wait", None), ("sms", 120)]
    assert quieter == [("sms", 120)]
    assert gathering(office) == [("voice", 0)]


def test_a_rung_added_natively_leaves_the_ids_and_delays_of_the_others(office):
    first, second = ruled(office, 0), ruled(office, 5)

    rung = {"type": "notify", "channel": "email", "importance": "important", "position": 1}
    office.api.post(f"{NATIVE}/notification-rules", rung, as_="admin")

    assert [(each[0], each[2]) for each in shown(office) if each[0] in {first, second}] == [
        (first, 0),
        (second, 5),
    ]
    assert len(shown(office)) == 3


# --- bad input ------------------------------------------------------------------------------------------

REQUIRED = 'attribute "address" is required'
OTHERS = f"/users/{BEN}/notification-channels/{OWN}"
BAD = [
    (("POST", CHANNELS, channel(type="email", formats=["html"])), 400, REQUIRED),
    (
        ("POST", CHANNELS, channel(type="email", address="x@y.example")),
        400,
        'attribute "formats" is required',
    ),
    (("POST", CHANNELS, channel(**MAIL | {"address": "nobody"})), 400, None),
    (("POST", CHANNELS, channel(**MAIL | {"formats": ["pdf"]})), 400, None),
    (("POST", CHANNELS, channel(type="phone", number="703")), 400, None),
    (("POST", CHANNELS, channel(type="phone")), 400, 'attribute "number" is required'),
    (("POST", CHANNELS, channel(type="push", device_name="x")), 400, None),
    (("POST", CHANNELS, {}), 400, 'attribute "data" is required'),
    (("POST", f"/users/{UNKNOWN}/notification-channels", {}), 404, f"user[{UNKNOWN}] not found"),
    (("POST", f"/users/{FOREIGN}/notification-rules", {}), 404, f"user[{FOREIGN}] not found"),
    (("GET", f"/users/{UNKNOWN}/notification-channels", None), 404, f"user[{UNKNOWN}] not found"),
    (("GET", f"/users/{UNKNOWN}/notification-rules", None), 404, f"user[{UNKNOWN}] not found"),
    (("GET", "/users/abc/notification-rules", None), 400, 'attribute "uuid" [abc] is not a valid UUID'),
    (("GET", f"{CHANNELS}/abc", None), 400, 'attribute "uuid" [abc] is not a valid UUID'),
    (("GET", f"{RULES}/abc", None), 400, 'attribute "uuid" [abc] is not a valid UUID'),
    (("GET", f"{CHANNELS}/{FOREIGN}", None), 404, "notification channel not found"),
    (("GET", OTHERS, None), 404, "notification channel not found"),
    (("DELETE", OTHERS, None), 404, "notification channel not found"),
    (("GET", f"{RULES}/{UNKNOWN}", None), 404, "notification rule not found"),
    (("DELETE", f"{RULES}/{UNKNOWN}", None), 404, "notification rule not found"),
    (("PUT", f"{RULES}/{UNKNOWN}", {}), 404, "notification rule not found"),
    (("POST", RULES, rule(UNKNOWN)), 400, None),
    (("POST", RULES, rule(FOREIGN)), 400, None),
    (("POST", RULES, rule(to_uuid(1_011))), 400, None),  # somebody else's
    (("POST", RULES, rule(category="urgent")), 400, None),
    (("POST", RULES, rule(delay_minutes=-1)), 400, None),
    (("POST", RULES, rule(delay_minutes=10_081)), 400, None),
    (("POST", RULES, rule(channel_settings=VOICE)), 400, None),
    (("POST", RULES, {"data": {"type": "notification_rules"}}), 400, 'attribute "relationships" is required'),
    (("GET", f"{RULES}?include=user", None), 400, None),
]


@pytest.mark.parametrize(("request_", "status", "detail"), BAD)
def test_what_is_wrong_is_refused_and_changes_nothing(office, request_, status, detail):
    before = office.get(CHANNELS), office.get(RULES)

    answer = office.call(*request_)

    said = refusal(answer)
    assert (answer.status_code, said) == (status, detail or said)
    assert (office.get(CHANNELS), office.get(RULES)) == before


def test_a_telephone_needs_to_be_told_how_it_is_used(office):
    phone = made(office, **PHONE)

    answer = office.call("POST", RULES, rule(phone))

    assert (answer.status_code, refusal(answer)) == (400, 'attribute "channel_settings" is required')


def test_an_id_in_the_body_must_be_the_one_in_the_path(office):
    first, second = ruled(office), ruled(office)

    assert office.call("PUT", f"{RULES}/{first}", rule(OWN, second)).status_code == 400


def test_there_is_an_end_to_rules(office):
    for number in range(100):
        ruled(office, number)

    answer = office.call("POST", RULES, rule())

    assert (answer.status_code, len(shown(office))) == (400, 100)


@pytest.mark.parametrize(
    ("who", "status"),
    [("admin", 201), ("responder", 201), ("viewer", 403), ("on_call_read", 403), ("on_call_write", 403)],
)
def test_channels_and_rules_are_one_s_own_or_for_who_manages_people(office, who, status):
    answers = [
        office.call("POST", CHANNELS, channel(**MAIL), as_=who),
        office.call("POST", RULES, rule(), as_=who),
    ]

    assert [each.status_code for each in answers] == [status, status]


def test_nobody_touches_what_is_somebody_else_s(office):
    path = f"/users/{BEN}/notification-channels"
    identifier = office.get(path)["data"][0]["id"]

    for method, url, body in (
        ("POST", path, channel(**MAIL)),
        ("DELETE", f"{path}/{identifier}", None),
        ("POST", f"/users/{BEN}/notification-rules", rule(identifier)),
    ):
        assert office.call(method, url, body, as_="responder").status_code == 403
    assert office.call("GET", path, as_="stranger").status_code == 404


# --- a law ----------------------------------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["make", "change", "delete"]),
        st.integers(0, 9),
        st.integers(0, 3_000),
        st.sampled_from(["high_urgency", "low_urgency"]),
    ),
    max_size=12,
)


@pytest.fixture(scope="module")
def standing(tmp_path_factory, _sqlite_template):
    """An office that stands for all examples."""
    path = tmp_path_factory.mktemp("law") / "tocsin.db"
    path.write_bytes(_sqlite_template.read_bytes())
    numbers = iter(range(1, 1 << 30))
    vault = Vault([VaultKey(name="test", secret=b"t" * 32)])
    database = open_database(
        f"sqlite:///{path}", new_id=lambda: compose(1_772_787_600_000 + next(numbers), 0), vault=vault
    )
    yield Office(database)
    database.close()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_is_written_reads_back_with_the_same_ids_and_delays(standing, steps):
    wanted: dict[str, tuple[str, int]] = {}
    for what, which, delay, category in steps:
        chosen = sorted(wanted)[which % len(wanted)] if wanted else None
        if what == "make" or chosen is None:
            wanted[ruled(standing, delay, category)] = (category, delay)
        elif what == "change":
            standing.put(f"{RULES}/{chosen}", rule(category=category, delay_minutes=delay))
            wanted[chosen] = (category, delay)
        else:
            standing.call("DELETE", f"{RULES}/{chosen}")
            del wanted[chosen]
        assert {number: (of, after) for number, of, after in shown(standing)} == wanted
    for number in wanted:
        standing.call("DELETE", f"{RULES}/{number}")


def test_nothing_is_kept_of_what_is_gone(office):
    phone, mail = made(office, **PHONE), made(office)
    office.post(RULES, rule(phone, channel_settings=VOICE))
    kept = extras_in(office)

    office.call("DELETE", f"{CHANNELS}/{phone}")
    path = f"{NATIVE}/contact-methods/{native('contact_method', from_uuid(mail))}?force=true"
    assert office.api.call("DELETE", path, as_="admin").status_code == 204

    assert kept == ["contact method"]
    assert extras_in(office) == []


def uses(office: Office) -> list[str]:
    """Give the channels on which the telephone can be reached, as they are natively."""
    methods = office.api.get(f"{NATIVE}/contact-methods", as_="admin")["contact_methods"]
    return [each["channel"] for each in methods if each["address"] == PHONE["number"]]


def extras_in(office: Office) -> list[str]:
    """Name the kinds of things beside which something is kept."""
    text = "SELECT kind FROM extras ORDER BY kind"
    return office.api.transact(
        lambda tx: [row[0] for row in tx.rows(two_forms(sqlite=text, postgresql=text))]
    )
