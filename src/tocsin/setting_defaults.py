"""What settings follow from others, and which of them do not go together."""

import socket
from collections.abc import Iterator, Mapping
from email.utils import parseaddr
from typing import Any, Final
from urllib.parse import quote, urlsplit

from tocsin.core.destination import check_email
from tocsin.core.errors import Invalid
from tocsin.setting import PREFIX, read_path

DATABASE_FILE: Final = "tocsin.db"
ROLES: Final = ("web", "ingest", "engine", "send")
TWILIO: Final = ("twilio_account_sid", "twilio_auth_token", "twilio_from")

# The first two are no place to call, but ways to listen.
_THIS_MACHINE: Final = frozenset({"0.0.0.0", "::", "127.0.0.1", "::1"})  # noqa: S104 - nothing is bound here


def derive(values: dict[str, Any], environ: Mapping[str, str]) -> tuple[Invalid, ...]:
    """Fill in what follows from other *values*, and say which of them do not go together."""
    if "data_dir" not in values:
        home = environ.get("XDG_DATA_HOME") or "~/.local/share"
        try:
            values["data_dir"] = read_path(f"{home}/tocsin")
        except ValueError:
            return (Invalid("TOCSIN_DATA_DIR", "is not set, and there is no home folder", "must be set"),)
    values.setdefault("database_url", f"sqlite:///{quote(str(values['data_dir'] / DATABASE_FILE))}")
    values.setdefault("secret_key", "")
    scheme = "https" if values["tls_cert"] else "http"
    host = "localhost" if values["host"] in _THIS_MACHINE else values["host"]
    values.setdefault("public_url", f"{scheme}://{f'[{host}]' if ':' in host else host}:{values['port']}")
    values.setdefault("mail_from", f"tocsin@{_mail_host(values['public_url'])}")
    values.setdefault("push_contact", _push_contact(values["operator_email"], values["public_url"]))
    values.setdefault("node_name", f"{socket.gethostname()}:{values['port']}")
    return tuple(_faults(values))


def _faults(values: Mapping[str, Any]) -> Iterator[Invalid]:
    if (values["tls_cert"] is None) != (values["tls_key"] is None):
        yield Invalid("TOCSIN_TLS_CERT", "and TOCSIN_TLS_KEY go together", "must be set with it, or not")
    if any(values[name] for name in TWILIO) and not all(values[name] for name in TWILIO):
        missing = next(PREFIX + name.upper() for name in TWILIO if not values[name])
        yield Invalid(missing, "is not set", "must be set with the others of that account")
    pooler = values["database_pooler"]
    if pooler != "none" and values["database_url"].startswith("sqlite:"):
        yield Invalid("TOCSIN_DATABASE_POOLER", f"is {pooler}, and SQLite has none", "must be left out")
    if values["database_direct_url"] and pooler == "none":
        problem = "is set, and TOCSIN_DATABASE_POOLER is not"
        yield Invalid(
            "TOCSIN_DATABASE_DIRECT_URL", problem, "must go with TOCSIN_DATABASE_POOLER=transaction"
        )
    if values["oidc_issuer"] and not values["oidc_client_id"]:
        yield Invalid("TOCSIN_OIDC_CLIENT_ID", "is not set", "must be set with TOCSIN_OIDC_ISSUER")
    missing_roles = [role for role in ROLES if role not in values["roles"]]
    if missing_roles and values["database_url"].startswith("sqlite:"):
        problem = f"leaves out {', '.join(missing_roles)}, and SQLite has room for one node"
        yield Invalid("TOCSIN_ROLES", problem, "must be left out, or the database be PostgreSQL")


def _mail_host(public_url: str) -> str:
    """Name the host that our mail comes from; a number is no name, and mail servers would refuse it."""
    host = urlsplit(public_url).hostname or ""
    try:
        check_email(f"tocsin@{host}")
    except Invalid:
        return "localhost"
    return host


def _push_contact(operator_email: str, public_url: str) -> str:
    address = parseaddr(operator_email)[1]
    return f"mailto:{address}" if address else public_url
