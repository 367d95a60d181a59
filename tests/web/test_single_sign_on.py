"""What a provider's answer must be for anybody to be let in: every way in which it can be wrong."""

import json
import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from api_world import NOW, PEOPLE
from tocsin.actions import people
from tocsin.actions.actor import Actor
from tocsin.channels.base import HttpRequest, HttpResponse, Unsent
from tocsin.core.receipt import Outcome
from tocsin.web.oidc import Provider
from web_office import ORIGIN, Browser, text_of

ISSUER = "https://id.example.org"
REA = PEOPLE["responder"].email
FIRST, SECOND = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
CURVED = ec.generate_private_key(ec.SECP256R1())


def published(key: Any, kid: str, **more: str) -> dict[str, Any]:
    curved = isinstance(key, ec.EllipticCurvePrivateKey)
    algorithm = jwt.algorithms.ECAlgorithm if curved else jwt.algorithms.RSAAlgorithm
    return {**json.loads(algorithm.to_jwk(key.public_key())), "kid": kid, "use": "sig", **more}


@dataclass
class FakeProvider:
    """A provider at the wire, which answers what a test wants it to."""

    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=lambda: {"kid": "one"})
    algorithm: str = "RS256"
    key: Any = FIRST
    keys: list[dict[str, Any]] = field(default_factory=lambda: [published(FIRST, "one")])
    about: dict[str, Any] = field(default_factory=dict)
    userinfo: dict[str, Any] | None = None
    token_status: int = 200
    nonce: str = ""
    asked: list[HttpRequest] = field(default_factory=list)
    down: bool = False

    async def http(self, request: HttpRequest) -> HttpResponse:
        self.asked.append(request)
        if self.down:
            raise Unsent(Outcome.TRY_AGAIN, "id.example.org did not answer")
        path = urlsplit(request.url).path
        answers = {
            "/.well-known/openid-configuration": self._about,
            "/keys": lambda: {"keys": self.keys},
            "/token": lambda: {"id_token": self._token(), "access_token": "at", "token_type": "Bearer"},
            "/me": lambda: self.userinfo,
        }
        status = self.token_status if path == "/token" else 200
        return HttpResponse(status=status, body=json.dumps(answers[path]()).encode())

    def _about(self) -> dict[str, Any]:
        about = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
        }
        return (
            about | ({"userinfo_endpoint": f"{ISSUER}/me"} if self.userinfo is not None else {}) | self.about
        )

    def _token(self) -> str:
        now = int(NOW.timestamp())
        claims = {
            "iss": ISSUER,
            "aud": "tocsin",
            "sub": "rea-17",
            "iat": now,
            "exp": now + 300,
            "nonce": self.nonce,
            "email": REA,
            "email_verified": True,
        }
        wanted = {name: value for name, value in (claims | self.claims).items() if value is not None}
        return jwt.encode(wanted, self.key, algorithm=self.algorithm, headers=self.header)

    def count(self, path: str) -> int:
        return sum(urlsplit(each.url).path == path for each in self.asked)


@pytest.fixture
def provider() -> FakeProvider:
    return FakeProvider()


@pytest.fixture
def browser(database, provider) -> Browser:
    known = Provider(issuer=ISSUER, client_id="tocsin", client_secret="s3cret:& more", name="Example Staff")
    return Browser(database, provider=known, wire=provider)


def go(browser: Browser, provider: FakeProvider, onward: str = "/on-call", **changes: str):
    """Begin at the login page, and come back as the provider sends one back."""
    there = browser.request("GET", f"/login/oidc?next={onward}")
    assert there.status_code == 303, there.text
    asked = {name: values[0] for name, values in parse_qs(urlsplit(there.headers["location"]).query).items()}
    provider.nonce = provider.nonce or asked["nonce"]
    given = {"code": "c0de", "state": asked["state"]} | changes
    return browser.request("GET", "/login/oidc/callback", params=given)


def is_inside(browser: Browser) -> bool:
    return browser.request("GET", "/now").status_code == 200


def test_whoever_the_provider_vouches_for_is_let_in(browser, provider):
    inside = go(browser, provider)

    assert (inside.status_code, inside.headers["location"]) == (303, "/on-call")
    assert is_inside(browser)
    token = next(each for each in provider.asked if each.url.endswith("/token"))
    form = parse_qs(token.body.decode())
    assert form["code"] == ["c0de"]
    assert len(form["code_verifier"][0]) == 43
    assert dict(token.headers)["Authorization"] == "Basic dG9jc2luOnMzY3JldCUzQSUyNiUyMG1vcmU="


def test_what_is_asked_of_the_provider_has_a_state_a_nonce_and_a_challenge(browser):
    there = browser.request("GET", "/login/oidc")

    url = urlsplit(there.headers["location"])
    asked = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{ISSUER}/authorize"
    assert asked["redirect_uri"] == "http://tocsin.test/login/oidc/callback"
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"iss": "https://evil.example"}, "InvalidIssuerError"),
        ({"aud": "another"}, "InvalidAudienceError"),
        ({"aud": None}, "MissingRequiredClaimError"),
        ({"aud": ["tocsin", "another"]}, "made for somebody else"),
        ({"aud": ["tocsin", "another"], "azp": "another"}, "made for somebody else"),
        ({"azp": "another"}, "made for somebody else"),
        ({"exp": int(NOW.timestamp()) - 61}, "not valid now (exp)"),
        ({"exp": None}, "MissingRequiredClaimError"),
        ({"exp": "tomorrow"}, "not valid"),
        ({"iat": int(NOW.timestamp()) + 90}, "not valid now (iat)"),
        ({"nbf": int(NOW.timestamp()) + 90}, "not valid now (nbf)"),
        ({"nonce": "another"}, "belongs to another sign-in"),
        ({"nonce": None}, "belongs to another sign-in"),
        ({"sub": ""}, "names nobody"),
        ({"sub": "x" * 256}, "names nobody"),
        ({"sub": None}, "MissingRequiredClaimError"),
        ({"email_verified": False}, "has been verified"),
        ({"email_verified": None}, "has been verified"),
        ({"email_verified": "false"}, "has been verified"),
        ({"email": None}, "has been verified"),
        ({"email": "zoe@nowhere.example"}, "Nobody here has the address"),
        ({"email": ["x"]}, "has been verified"),
    ],
)
def test_an_id_token_that_is_wrong_lets_nobody_in(browser, provider, changes, says):
    provider.claims = changes

    refused = go(browser, provider)

    assert refused.status_code == 401
    assert says in text_of(refused.text).replace("&#39;", "'")
    assert not is_inside(browser)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"algorithm": "none", "key": None}, "not valid"),
        ({"key": SECOND}, "InvalidSignatureError"),
        ({"key": SECOND, "header": {"kid": "two"}}, "InvalidKeyError"),
        ({"key": "x" * 64, "algorithm": "HS256"}, "InvalidAlgorithmError"),
        ({"key": CURVED, "algorithm": "ES256"}, "InvalidAlgorithmError"),
        ({"keys": [published(FIRST, "one", alg="PS256")]}, "InvalidAlgorithmError"),
        ({"keys": [published(FIRST, "one", use="enc")]}, "InvalidKeyError"),
        ({"keys": [{"kty": "oct", "k": "eHh4", "kid": "one"}]}, "InvalidKeyError"),
        ({"keys": []}, "InvalidKeyError"),
        ({"keys": ["x"]}, "keys cannot be read"),
    ],
)
def test_a_signature_that_is_not_the_provider_s_lets_nobody_in(browser, provider, changes, says):
    for name, value in changes.items():
        setattr(provider, name, value)

    begun = browser.request("GET", "/login/oidc")
    refused = go(browser, provider) if begun.status_code == 303 else begun

    assert refused.status_code == 401
    assert says in text_of(refused.text)
    assert not is_inside(browser)


@pytest.mark.parametrize(
    ("algorithm", "key", "kid"), [("RS256", FIRST, "one"), ("PS384", FIRST, "one"), ("ES256", CURVED, "ec")]
)
def test_keys_of_every_common_kind_are_known(browser, provider, algorithm, key, kid):
    provider.keys = [published(FIRST, "one"), published(CURVED, "ec")]
    provider.algorithm, provider.key, provider.header = algorithm, key, {"kid": kid}

    assert go(browser, provider).status_code == 303
    assert is_inside(browser)


def test_a_new_key_of_the_provider_s_is_asked_for_but_not_at_every_strange_token(browser, provider):
    go(browser, provider)
    asked = provider.count("/keys")
    provider.keys, provider.key, provider.header = [published(SECOND, "two")], SECOND, {"kid": "two"}
    provider.nonce = ""
    assert go(browser, provider).status_code == 401
    assert provider.count("/keys") == asked

    browser.api.clock.pass_time(seconds=30)
    provider.nonce = ""
    assert go(browser, provider).status_code == 303

    assert provider.count("/keys") == asked + 1
    assert provider.count("/.well-known/openid-configuration") == 1


@pytest.mark.parametrize(
    "changes", [{"state": "another"}, {"state": ""}, {"code": ""}, {"error": "access_denied", "code": ""}]
)
def test_an_answer_that_is_not_to_our_question_lets_nobody_in(browser, provider, changes):
    refused = go(browser, provider, **changes)

    assert refused.status_code == 401
    assert provider.count("/token") == 0
    assert not is_inside(browser)


def test_a_way_back_is_good_once_and_for_ten_minutes(browser, provider):
    go(browser, provider)
    spent = browser.request("GET", "/login/oidc/callback", params={"code": "c", "state": "s"})
    assert spent.status_code == 401

    there = browser.request("GET", "/login/oidc")
    state = parse_qs(urlsplit(there.headers["location"]).query)["state"][0]
    carried = dict(browser.cookies)
    browser.api.clock.pass_time(minutes=10)
    late = browser.request("GET", "/login/oidc/callback", params={"code": "c", "state": state})

    assert late.status_code == 401
    assert "too long ago" in late.text
    assert "tocsin_oidc" in carried


def test_the_answer_of_another_provider_is_refused(browser, provider):
    provider.about = {"authorization_response_iss_parameter_supported": True}

    assert go(browser, provider, iss="https://evil.example").status_code == 401
    assert go(browser, provider).status_code == 401
    provider.nonce = ""
    assert go(browser, provider, iss=ISSUER).status_code == 303


@pytest.mark.parametrize(
    ("about", "says"),
    [
        ({"issuer": "https://evil.example"}, "TOCSIN_OIDC_ISSUER is https://id.example.org"),
        ({"token_endpoint": 7}, "token_endpoint"),
        ({"jwks_uri": None}, "jwks_uri"),
    ],
)
def test_a_provider_that_is_not_what_it_should_be_is_not_gone_to(browser, provider, about, says):
    provider.about = about

    refused = browser.request("GET", "/login/oidc")

    assert refused.status_code == 401
    assert says in refused.text


def test_a_provider_that_is_down_is_said_to_be_and_passwords_still_work(browser, provider):
    provider.down = True

    refused = browser.request("GET", "/login/oidc")

    assert (refused.status_code, "id.example.org did not answer" in refused.text) == (401, True)
    assert browser.sign_in().status_code == 303


def test_the_provider_s_second_answer_counts_only_for_the_same_subject(browser, provider):
    provider.claims = {"email": None, "email_verified": None}
    provider.userinfo = {"sub": "somebody else", "email": REA, "email_verified": True}
    assert go(browser, provider).status_code == 401

    provider.userinfo = {"sub": "rea-17", "email": REA, "email_verified": True}
    provider.nonce = ""
    assert go(browser, provider).status_code == 303


def test_whoever_is_linked_stays_so_when_addresses_change_and_another_subject_is_refused(browser, provider):
    go(browser, provider)
    provider.claims, provider.nonce = {"email": "elsewhere@example.org"}, ""
    assert go(browser, provider).status_code == 303

    provider.claims, provider.nonce = {"sub": "another"}, ""
    refused = go(browser, provider)

    assert refused.status_code == 401
    assert "must unlink them first" in refused.text


def test_whoever_was_let_go_is_not_let_in_by_the_provider(browser, provider):
    go(browser, provider)
    owner = Actor.of_user(PEOPLE["owner"])
    browser.api.transact(
        lambda tx: people.deactivate(tx, owner, PEOPLE["responder"].id, now=browser.api.clock())
    )
    provider.nonce = ""

    refused = go(browser, provider)

    assert (refused.status_code, "not active any more" in refused.text) == (401, True)


@pytest.mark.parametrize("onward", ["//evil.example", "https://evil.example/", "/\\evil.example"])
def test_nobody_is_led_to_another_site_by_way_of_the_provider(browser, provider, onward):
    assert go(browser, provider, onward).headers["location"] == "/now"


def test_a_token_endpoint_that_refuses_lets_nobody_in(browser, provider):
    provider.token_status = 400

    refused = go(browser, provider)

    assert (refused.status_code, "answered 400" in refused.text) == (401, True)


def carried(page: str) -> dict[str, str]:
    """Read what the form that leads to the provider carries along."""
    form = re.search(r'<form method="post" action="/login/oidc".*?</form>', page, re.DOTALL)[0]
    hidden = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    return {name: unescape(value) for name, value in hidden.items()} | {
        "typed": unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", form, re.DOTALL)[1])
    }


def after_it_ended(browser: Browser, typed: dict[str, str]) -> httpx.Response:
    """Send a form without a session, and press the button that leads to the provider."""
    asked = browser.request("POST", "/silences/new", typed, headers={"referer": f"{ORIGIN}/silences/new"})
    assert asked.status_code == 401
    return browser.request("POST", "/login/oidc", carried(asked.text))


def test_what_was_typed_when_a_session_ended_is_there_after_the_provider_has_let_them_in(browser, provider):
    typed = {"name": "Ünïcode & more", "comment": "x" * 20_000, "secret": "s3cret"}

    going = after_it_ended(browser, typed)
    assert 'http-equiv="refresh" content="0;url=/login/oidc?next=/silences/new"' in going.text
    back = go(browser, provider, "/silences/new")

    assert back.status_code == 200
    assert 'action="/silences/new"' in back.text
    assert 'value="Ünïcode &amp; more"' in back.text
    assert f'value="{"x" * 20_000}"' in back.text
    assert "s3cret" not in going.text + back.text
    assert '<input type="password" name="secret" required' in back.text
    assert is_inside(browser)


def test_what_was_typed_is_shown_once_and_to_nobody_else(browser, provider, database):
    after_it_ended(browser, {"name": "Mine"})
    other = Browser(database, configuration=None, provider=browser.provider, wire=provider)
    assert go(other, provider).status_code == 303
    provider.nonce = ""

    assert "Mine" in go(browser, provider).text
    provider.nonce = ""

    assert go(browser, provider).status_code == 303


def test_what_was_typed_too_long_ago_is_gone_and_nobody_is_kept_out_by_it(browser, provider):
    after_it_ended(browser, {"name": "Mine"})
    browser.api.clock.pass_time(minutes=11)
    provider.claims = {
        "iat": int(browser.api.clock().timestamp()),
        "exp": int(browser.api.clock().timestamp()) + 60,
    }

    assert go(browser, provider).status_code == 303


def test_strangers_can_leave_only_so_much_here(browser):
    for _ in range(10):
        assert after_it_ended(browser, {"name": "Mine"}).status_code == 200

    assert after_it_ended(browser, {"name": "Mine"}).status_code == 429


def test_a_form_of_another_site_leaves_nothing_here(browser):
    left = {"resume": "/silences/new", "typed": "name=x", "next": "/now"}

    refused = browser.request("POST", "/login/oidc", left, headers={"origin": "https://evil.example"})

    assert refused.status_code == 403
    assert "tocsin_kept_form" not in browser.cookies
