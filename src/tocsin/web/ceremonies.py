"""The two ceremonies of passkeys (WebAuthn), as py_webauthn has them.

It is a room of its own because that library brings several megabytes, which a server without passkeys need
not have: import it where a ceremony begins.
"""

from collections.abc import Sequence
from typing import Final

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from tocsin.core.people import User
from tocsin.core.spelling import native

NAME: Final = "Tocsin"
FAULTS: Final = (WebAuthnException, ValueError, TypeError, KeyError)
"""What the library raises at answers that are not right."""
_MUST: Final = UserVerificationRequirement.REQUIRED


def to_make(site: str, user: User, known: Sequence[str], challenge: bytes) -> str:
    """Write, as JSON, what asks a browser to make a passkey of *site* for *user*, beside those *known*."""
    options = generate_registration_options(
        rp_id=site,
        rp_name=NAME,
        user_id=native("user", user.id).encode(),
        user_name=user.email,
        user_display_name=user.display_name,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_MUST
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(each)) for each in known],
    )
    return options_to_json(options)


def made(site: str, origin: str, answer: str, challenge: bytes) -> tuple[bytes, bytes, int]:
    """Check what a browser answered to `to_make`: the credential, its public key and its count."""
    found = verify_registration_response(
        credential=answer,
        expected_challenge=challenge,
        expected_rp_id=site,
        expected_origin=origin,
        require_user_verification=True,
    )
    return found.credential_id, found.credential_public_key, found.sign_count


def to_use(site: str, challenge: bytes) -> str:
    """Write, as JSON, what asks a browser for any passkey of *site*."""
    options = generate_authentication_options(rp_id=site, challenge=challenge, user_verification=_MUST)
    return options_to_json(options)


def used(site: str, origin: str, answer: str, challenge: bytes, *, key: bytes, count: int) -> int:
    """Check that a browser's answer to `to_use` is signed with *key*, and return its new count."""
    return verify_authentication_response(
        credential=answer,
        expected_challenge=challenge,
        expected_rp_id=site,
        expected_origin=origin,
        credential_public_key=key,
        credential_current_sign_count=count,
        require_user_verification=True,
    ).new_sign_count
