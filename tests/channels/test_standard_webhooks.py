import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from message_builders import KEY, NOW
from tocsin.channels.standard_webhooks import check_secret, make_secret, signed_headers
from tocsin.core.errors import Invalid

SECRET = make_secret(b"s" * 32)


def test_the_published_example_is_signed_as_published():
    """The example that the scheme's reference libraries are tested with."""
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = signed_headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        key="msg_p5jXN8AQM9LWM0D4loKWxJek",
        at=at,
        body=b'{"test": 2432232314}',
    )

    assert dict(headers) == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@given(chance=st.binary(min_size=24, max_size=64), body=st.binary(max_size=200))
def test_a_receiver_can_verify_with_nothing_but_the_secret(chance, body):
    secret = make_secret(chance)
    headers = dict(signed_headers(secret, key=KEY, at=NOW, body=body))

    key = base64.b64decode(secret.split("_", 1)[1])
    content = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    expected = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"


def test_two_secrets_sign_side_by_side():
    other = make_secret(b"t" * 32)
    both = dict(signed_headers(f"{SECRET} {other}", key=KEY, at=NOW, body=b"x"))
    each = [dict(signed_headers(secret, key=KEY, at=NOW, body=b"x")) for secret in (SECRET, other)]

    assert both["webhook-signature"].split(" ") == [one["webhook-signature"] for one in each]


def test_without_a_secret_a_message_is_named_and_not_signed():
    assert [name for name, _ in signed_headers("", key=KEY, at=NOW, body=b"x")] == [
        "webhook-id",
        "webhook-timestamp",
    ]


def test_no_id_of_ours_has_the_mark_that_parts_what_is_signed():
    assert "." not in KEY


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "secret",
        "whsec_",
        "whsec_###",
        "whsec_" + base64.b64encode(b"s" * 23).decode(),
        "whsec_" + base64.b64encode(b"s" * 65).decode(),
        f"{SECRET}  {SECRET}",
        f"{SECRET}\n",
        " ".join([SECRET] * 5),
    ],
)
def test_what_is_no_secret_is_refused_without_repeating_it(secret):
    with pytest.raises(Invalid) as refusal:
        check_secret(secret, "destination.secret")

    assert refusal.value.path == "destination.secret"
    assert len(secret) < 7 or secret not in str(refusal.value)


@pytest.mark.parametrize("secret", [SECRET, f"{SECRET} {make_secret(b't' * 24)}"])
def test_a_secret_or_several_are_kept(secret):
    assert check_secret(secret) == secret
