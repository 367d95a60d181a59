"""Challenges and their answers: what is let in, what is not, and what is used once."""

import re
from dataclasses import replace as changed

import httpx
import pytest

from api_world import NOW, OLA, SHOP
from mongo_office import BASE, GROUP, MongoOffice, answer, refusal, well
from tocsin.core.people import UserStatus
from tocsin.httpkit.limits import MinuteCounts
from tocsin.store import credentials, people
from tocsin.store.secrets import token_hash

PATH = f"{BASE}/groups/{GROUP}/alerts"
DENIED = {"error": 401, "reason": "Unauthorized", "detail": "You are not authorized for this resource."}
CHALLENGE = re.compile(
    r'Digest realm="MMS Public API", domain="", nonce="[0-9a-f]+", algorithm=MD5, qop="auth", '
    r"stale=(true|false)"
)


def challenge(office, path=PATH, method="GET", **more):
    found = office.bare(method, path, **more)
    assert (found.status_code, found.json() if method != "HEAD" else DENIED) == (401, DENIED)
    assert CHALLENGE.fullmatch(found.headers["www-authenticate"])
    return found.headers["www-authenticate"]


def send(office, authorization, path=PATH, method="GET", **more):
    return office.bare(method, path, headers={"authorization": authorization.encode()}, **more)


def refused(found, *, stale=False):
    assert found.status_code == 401
    assert found.request.method == "HEAD" or found.json() == DENIED
    assert CHALLENGE.fullmatch(found.headers["www-authenticate"])[1] == str(stale).lower()
    return True


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", PATH),
        ("HEAD", PATH),
        ("PATCH", f"{PATH}/nonsense"),
        ("GET", f"{BASE}/nowhere"),
        ("PUT", PATH),
        ("OPTIONS", PATH),
        ("GET", f"{BASE}/groups/%ff/alerts"),
        ("GET", f"{PATH}?pageNum=x&envelope=true"),
        ("GET", "/api/atlas/v1.0/groups/x/alerts"),
    ],
)
def test_whoever_is_not_known_is_challenged_before_anything_else_is_looked_at(office, method, path):
    assert "stale=false" in challenge(office, path, method)


PARTS = ("username", "realm", "nonce", "uri", "qop", "nc", "cnonce", "response")
QUOTED = ", ".join(f'{name}="{{{name}}}"' for name in PARTS)
BARE = " , ".join(f"{name}={{{name}}}" for name in PARTS if name != "realm")


@pytest.mark.parametrize(
    "changes",
    [
        {"template": f"Digest {QUOTED}"},
        {"template": f'DIGEST {BARE},realm="{{realm}}", algorithm="md5", opaque=""'},
        {"nc": "00000005"},
        {"nc": "FFFFFFFF"},
        {"cnonce": "ab=="},
    ],
)
def test_every_spelling_of_a_good_answer_is_let_in(office, changes):
    authorization = answer(challenge(office), "GET", PATH, **changes)

    assert send(office, authorization).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"response": "0" * 32},
        {"response": ""},
        {"response": "é"},
        {"private": "guess"},
        {"who": "nobody"},
        {"realm": "Tocsin"},
        {"algorithm": "SHA-256"},
        {"algorithm": "MD5-sess"},
        {"qop": "auth-int"},
        {"nc": "1"},
        {"nc": "00000000"},
        {"nc": "0000000g"},
        {"cnonce": ""},
        {"uri": f"{PATH}/"},
        {"uri": f"{PATH}?pretty=true"},
        {"username": "owner-key\x01"},
        {"username": "k" * 500},
        {"uri": "/" + "a" * 9_000},
        {"template": "Digest"},
        {"template": "Digest username"},
        {"template": 'Digest username="{username}'},
        {"template": f"Digest {QUOTED}, {QUOTED}"},
        *({"template": "Digest " + QUOTED.replace(f'{part}="', f'x{part}="')} for part in PARTS),
        {"template": "Basic b3duZXIta2V5OmEgcHJpdmF0ZSBrZXk="},
        {"template": "Bearer owner"},
    ],
)
def test_no_other_answer_is(office, changes):
    given = challenge(office)

    assert refused(send(office, answer(given, "GET", PATH, **changes)))
    assert send(office, answer(given, "GET", PATH)).status_code == 200  # nothing was used up by that


def test_a_header_may_be_there_once(office):
    said = answer(challenge(office), "GET", PATH)

    assert refused(send(office, f"{said}, {said}"))


def test_who_is_unknown_and_who_is_wrong_are_told_the_same(office):
    given = challenge(office)
    wrong, unknown = (
        send(office, answer(given, "GET", PATH, **changes))
        for changes in ({"private": "guess"}, {"who": "nobody"})
    )

    assert wrong.content == unknown.content
    assert set(wrong.headers) == set(unknown.headers)


def test_every_cut_of_a_header_is_refused_and_none_is_an_error(office):
    said = answer(challenge(office), "GET", PATH)

    assert all(refused(send(office, said[:length])) for length in range(7, len(said) - 1, 5))


def test_an_answer_serves_once_and_a_nonce_for_many_counts_in_any_order(office):
    given = challenge(office)

    statuses = [
        send(office, answer(given, "GET", PATH, nc=nc)).status_code
        for nc in ("00000007", "00000002", "00000007", "00000003", "00000002")
    ]

    assert statuses == [200, 200, 401, 200, 401]
    assert refused(send(office, answer(given, "GET", PATH, nc="00000003")), stale=True)


def test_a_nonce_that_has_ended_is_stale_and_one_of_nobody_is_too(office):
    given = challenge(office)
    office.api.clock.pass_time(seconds=299)
    in_time = send(office, answer(given, "GET", PATH))
    office.api.clock.pass_time(seconds=1)

    assert in_time.status_code == 200
    assert refused(send(office, answer(given, "GET", PATH, nc="00000002")), stale=True)
    for nonce in ("0" * 60, "f" * 60, "dcd98b7102dd2f0e8b11d0f600bfb0c093", "ä"):
        forged = f'nonce="{nonce}"'
        assert refused(send(office, answer(forged, "GET", PATH)), stale=True)


def test_stale_is_said_only_to_those_whose_answer_is_right(office):
    given = challenge(office)
    office.api.clock.pass_time(hours=1)

    assert refused(send(office, answer(given, "GET", PATH, private="guess")), stale=False)


def test_a_tampered_nonce_is_none_of_ours(office):
    given = challenge(office)
    nonce = re.search(r'nonce="([^"]*)"', given)[1]

    for place in range(0, len(nonce), 7):
        other = nonce[:place] + ("0" if nonce[place] != "0" else "1") + nonce[place + 1 :]
        assert refused(send(office, answer(f'nonce="{other}"', "GET", PATH)), stale=True)


@pytest.mark.parametrize(
    ("asked", "signed"),
    [
        (PATH, f"{PATH}?"),
        (PATH, f"http://tocsin.test{PATH}"),
        (f"{PATH}?status=OPEN&pretty=true", f"{PATH}?status=OPEN&pretty=true"),
        (f"{PATH}?a=%2F%C3%A9", f"{PATH}?a=%2F%C3%A9"),
    ],
)
def test_the_address_is_signed_as_it_was_asked(office, asked, signed):
    assert send(office, answer(challenge(office), "GET", signed), asked).status_code == 200


def test_an_address_cannot_be_signed_without_its_query(office):
    assert refused(send(office, answer(challenge(office), "GET", PATH), f"{PATH}?status=OPEN"))


def test_another_method_is_another_request(office):
    assert refused(send(office, answer(challenge(office), "GET", PATH), method="HEAD"))


def test_a_revoked_key_opens_nothing(office):
    office.database.transact(lambda tx: credentials.revoke(tx, 700, NOW))

    assert refused(office.call("GET", PATH))


def test_a_key_whose_user_is_gone_is_told_so(office):
    gone = changed(OLA, status=UserStatus.DEACTIVATED)
    office.database.transact(lambda tx: people.save(tx, gone, OLA))

    found = office.call("GET", PATH)

    assert refusal(found) == (401, "NO_CURRENT_USER", None)
    assert CHALLENGE.fullmatch(found.headers["www-authenticate"])


def test_wrong_answers_are_slowed_right_ones_and_questions_are_not(office):
    given = challenge(office)
    wrong = [send(office, answer(given, "GET", PATH, private="guess")).status_code for _ in range(121)]
    asked = [office.bare("GET", PATH).status_code for _ in range(3)]

    assert wrong == [401] * 120 + [429]
    assert asked == [401] * 3
    assert send(office, answer(given, "GET", PATH)).status_code == 200


def test_a_key_is_bound_to_its_networks(office):
    for number, (who, network) in enumerate({"near": "127.0.0.0/8", "far": "192.0.2.0/24"}.items(), 800):
        office.database.transact(
            lambda tx, number=number, who=who, network=network: office.add_key(
                tx, number, who, networks=(network,)
            )
        )

    assert office.call("GET", PATH, as_="near").status_code == 200
    assert refusal(office.call("GET", PATH, as_="far")) == (
        403,
        "IP_ADDRESS_NOT_ON_ACCESS_LIST",
        ["127.0.0.1"],
    )
    assert refusal(office.call("GET", f"{BASE}/nowhere", as_="far"))[0] == 403


def test_keys_of_other_apis_open_nothing_here(office):
    (key,) = [office.database.transact(lambda tx: credentials.by_hash(tx, token_hash("owner")))]

    assert key.kind == "tocsin"
    assert refused(send(office, answer(challenge(office), "GET", PATH, username="owner")))
    assert office.api.call("GET", "/alerts", as_="owner-key").status_code == 401


def test_requests_about_a_project_are_counted_where_the_operator_says_so(database):
    office = MongoOffice(database, options={"service_rates": MinuteCounts(2)})
    other = PATH.replace(GROUP, "0" * 24)

    statuses = [office.call("GET", PATH) for _ in range(3)]
    office.call("GET", other)

    assert [each.status_code for each in statuses] == [200, 200, 429]
    assert refusal(statuses[2]) == (429, "RATE_LIMITED", None)
    assert statuses[2].headers["retry-after"] == "60"
    office.api.clock.pass_time(minutes=1)
    assert well(office.call("GET", PATH))["totalCount"] == 0
    assert SHOP


def test_a_client_keeps_its_nonce_and_counts_on(office):
    auth = httpx.DigestAuth("owner-key", "a private key")

    assert [office.bare("GET", PATH, auth=auth).status_code for _ in range(3)] == [200] * 3
