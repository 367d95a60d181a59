"""Every setting: its name, what it holds, its unit, its default and one sentence.

A setting is an environment variable. A TOML file, named by TOCSIN_CONFIG, may hold the same without their
prefix and in lower case (``port = 8080``); the environment wins. What looks like a setting and is none is an
error: a server with a misspelt setting would run with something else than its operator believes.
"""

import dataclasses
import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, get_type_hints

from tocsin.core.errors import Invalid, TocsinError
from tocsin.setting import (
    CONTACT,
    DATABASE,
    HOSTS,
    ISSUER,
    MAILBOX,
    NETWORKS,
    PATH,
    POSTGRESQL,
    PREFIX,
    TEXT,
    Setting,
    holds,
    one_of,
    read_hosts,
    read_networks,
    read_path,
    some_of,
    url,
    whole,
)
from tocsin.setting_defaults import DATABASE_FILE, ROLES, derive
from tocsin.setting_file import from_file

__all__ = ["ROLES", "SETTINGS", "Misconfigured", "Settings", "load", "table"]

NOT_OURS = frozenset({"TOCSIN_URL", "TOCSIN_TOKEN"})  # what the command line takes to talk to a server
HIDDEN = "***"

_PASSWORD = re.compile(r"(?<=://)[^/@]*(?=@)|(?<=password=)[^&]*")


@dataclass(slots=True)
class Misconfigured(TocsinError):
    """The settings cannot be used; *faults* has each one that is wrong."""

    faults: tuple[Invalid, ...]

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Settings:
    """The settings as they are in force; *origins* says for each where it came from."""

    config: Annotated[Path | None, holds(PATH, "", "A TOML file with more settings.")]
    # Not the folder one happens to be in: a server started from elsewhere must not begin a second life.
    data_dir: Annotated[
        Path,
        holds(
            PATH,
            "[$XDG_DATA_HOME/tocsin, or ~/.local/share/tocsin]",
            "The folder of the database file and the secret key; back it up.",
        ),
    ]
    database_url: Annotated[
        str,
        holds(
            DATABASE,
            f"[sqlite:///{{data_dir}}/{DATABASE_FILE}]",
            "Where everything is kept: sqlite:///path, or for several nodes postgresql://user:password@host/name.",
            secret=True,
        ),
    ]
    database_pooler: Annotated[
        str,
        holds(
            one_of("none", "transaction"),
            "none",
            "What the URL leads through: transaction for PgBouncer, or the like, in transaction mode.",
        ),
    ]
    database_direct_url: Annotated[
        str,
        holds(
            POSTGRESQL,
            "",
            "The same database past the pooler, to hear other nodes by; without it each looks once a second.",
            secret=True,
        ),
    ]
    secret_key: Annotated[
        str,
        holds(
            TEXT,
            "[the file secret.key in the data folder]",
            "The keys that seal secrets at rest, each name:base64, newest first; nodes need the same ones.",
            secret=True,
        ),
    ]
    host: Annotated[
        str, holds(TEXT, "127.0.0.1", "The address to listen on; 0.0.0.0 is every one of this machine's.")
    ]
    port: Annotated[int, holds(whole(1, 65_535), "8080", "The TCP port to listen on.")]
    tls_cert: Annotated[Path | None, holds(PATH, "", "The certificate chain (PEM) to serve HTTPS with.")]
    tls_key: Annotated[Path | None, holds(PATH, "", "The private key (PEM) of the certificate.")]
    public_url: Annotated[
        str,
        holds(
            url("http", "https"),
            "[http://{host}:{port}]",
            "How people and vendors' clients reach this server.",
        ),
    ]
    smtp_url: Annotated[
        str,
        holds(
            url("smtp", "smtps", "smtp+starttls"),
            "",
            "The mail server, like smtp+starttls://user:password@host:587; without it no mail can be sent.",
            secret=True,
        ),
    ]
    twilio_account_sid: Annotated[
        str, holds(TEXT, "", "The account at Twilio, AC…, by which text messages and calls go out.")
    ]
    twilio_auth_token: Annotated[
        str,
        holds(TEXT, "", "Its auth token; what Twilio sends back is signed with it.", secret=True),
    ]
    twilio_from: Annotated[
        str,
        holds(TEXT, "", "The number that messages come from, +…, or a messaging service, MG…."),
    ]
    twilio_api_url: Annotated[
        str, holds(url("http", "https"), "https://api.twilio.com", "Twilio's API, for regions of their own.")
    ]
    telegram_bot_token: Annotated[
        str, holds(TEXT, "", "The token, 123456:…, of the bot by which Telegram is told.", secret=True)
    ]
    telegram_replies: Annotated[
        str,
        holds(
            one_of("on", "off"),
            "off",
            "Whether Telegram hands on what people answer; run `tocsin telegram connect` first.",
        ),
    ]
    telegram_api_url: Annotated[
        str,
        holds(url("http", "https"), "https://api.telegram.org", "The Bot API, for servers of one's own."),
    ]
    mail_from: Annotated[
        str,
        holds(
            MAILBOX,
            "[tocsin@ the host of the public URL, or tocsin@localhost where that is a number]",
            "The sender of our mail.",
        ),
    ]
    operator_email: Annotated[
        str, holds(MAILBOX, "", "Who is told when Tocsin finds itself late or standing still.")
    ]
    push_contact: Annotated[
        str,
        holds(
            CONTACT,
            "[the operator's mail address, or the public URL]",
            "Whom the push services of browsers may write to when our messages are trouble to them.",
        ),
    ]
    outbound_allow: Annotated[
        tuple[IPv4Network | IPv6Network, ...],
        holds(
            NETWORKS,
            "",
            "Private or loopback networks that requests may be sent to; all others are refused.",
        ),
    ]
    slack_hosts: Annotated[
        tuple[str, ...],
        holds(HOSTS, "", "Hosts beside Slack's own that clients may name where they give a Slack webhook."),
    ]
    oidc_issuer: Annotated[
        str,
        holds(ISSUER, "", "The provider of OpenID Connect by which people may sign in, as it calls itself."),
    ]
    oidc_client_id: Annotated[str, holds(TEXT, "", "What it calls this server.")]
    oidc_client_secret: Annotated[
        str, holds(TEXT, "", "By what it knows this server; none for a public client.", secret=True)
    ]
    oidc_name: Annotated[str, holds(TEXT, "single sign-on", "What people call it: Sign in with ….")]
    oidc_scopes: Annotated[
        str, holds(TEXT, "openid email profile", "What it is asked for; openid and email are needed.")
    ]
    log_level: Annotated[
        str, holds(one_of("debug", "info", "warning", "error"), "info", "The least that is logged.")
    ]
    log_format: Annotated[str, holds(one_of("text", "json"), "text", "Logs for people or for machines.")]
    body_limit: Annotated[
        int, holds(whole(1_024, 100_000_000), "1048576", "The largest request body.", unit="bytes")
    ]
    requests_max: Annotated[
        int, holds(whole(2, 100_000), "1024", "Requests under way at once; one key may have half of them.")
    ]
    rate_limit: Annotated[
        int, holds(whole(0, 1_000_000), "0", "Requests of one key; 0 sets no limit.", unit="per second")
    ]
    rate_limit_burst: Annotated[
        int, holds(whole(0, 1_000_000), "0", "Requests of one key at once; 0 is twice the rate.")
    ]
    service_rate_limit: Annotated[
        int,
        holds(
            whole(0, 1_000_000),
            "0",
            "Requests about one service, in APIs that count them so; 0 sets no limit.",
            unit="per minute",
        ),
    ]
    digest_nonce_s: Annotated[
        int, holds(whole(10, 86_400), "300", "How long a nonce of HTTP digest may be used.", unit="seconds")
    ]
    comment_max: Annotated[
        int,
        holds(
            whole(1, 1_000),
            "200",
            "The longest comment of an acknowledgement, in APIs that bound it.",
            unit="characters",
        ),
    ]
    vendor_limits: Annotated[
        str, holds(one_of("on", "off"), "on", "Whether the rates that vendors set hold in their dialects.")
    ]
    meaning_url: Annotated[
        str, holds(url("https", "http"), "", "An endpoint that speaks as OpenAI's /v1/embeddings does.")
    ]
    meaning_key: Annotated[str, holds(TEXT, "", "The key that it asks for.", secret=True)]
    meaning_model: Annotated[
        str, holds(TEXT, "text-embedding-3-small", "The model that it is to use for what texts mean.")
    ]
    meaning_folder: Annotated[
        Path | None,
        holds(PATH, "", "The folder of a sentence-embedding model (ONNX), in place of an endpoint."),
    ]
    meaning_bound: Annotated[
        int,
        holds(whole(1, 100), "80", "How near two texts must be to mean the same.", unit="percent of cosine"),
    ]
    retention_events_days: Annotated[
        int, holds(whole(1, 36_500), "30", "How long events are kept after they came in.", unit="days")
    ]
    retention_alerts_days: Annotated[
        int,
        holds(
            whole(1, 36_500),
            "400",
            "How long alerts, pages and their story are kept after the end.",
            unit="days",
        ),
    ]
    metrics_token: Annotated[
        str,
        holds(
            TEXT,
            "",
            "The bearer token that /metrics asks for; without it anybody may read them.",
            secret=True,
        ),
    ]
    node_name: Annotated[
        str,
        holds(
            TEXT,
            "[{the machine's name}:{port}]",
            "The name of this process, unlike that of any other node, and the same at each start.",
        ),
    ]
    roles: Annotated[
        tuple[str, ...],
        holds(
            some_of(*ROLES),
            ",".join(ROLES),
            "What this node does: APIs and pages, taking events in, keeping time, sending.",
        ),
    ]
    origins: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Settings({', '.join(f'{each.name}={value!r}' for each, value, _ in table(self) if value)})"

    @property
    def database_pooled(self) -> bool:
        """Whether nothing lasts on a connection to the database for longer than a transaction."""
        return self.database_pooler == "transaction"

    @property
    def tls(self) -> bool:
        """Whether this server speaks HTTPS itself."""
        return self.tls_cert is not None

    @property
    def secret_key_file(self) -> Path:
        """Where the secret key is, unless TOCSIN_SECRET_KEY has it."""
        return self.data_dir / "secret.key"


SETTINGS: tuple[Setting, ...] = tuple(
    dataclasses.replace(about, name=PREFIX + name.upper())
    for name, hint in get_type_hints(Settings, include_extras=True).items()
    for about in getattr(hint, "__metadata__", ())
)
_BY_NAME = {setting.name: setting for setting in SETTINGS}


def load(environ: Mapping[str, str]) -> Settings:
    """Read the settings from *environ* and the file that it may name; raise Misconfigured with all faults.

    A variable that is set to nothing is not set.
    """
    faults: list[Invalid] = []
    given = {
        name: (text, "environment") for name, text in environ.items() if name.startswith(PREFIX) and text
    }
    if "TOCSIN_CONFIG" in given:
        try:
            given = dict(from_file(Path(given["TOCSIN_CONFIG"][0]).expanduser())) | given
        except Invalid as fault:
            faults.append(fault)
    values: dict[str, Any] = {}
    for name, (text, _) in given.items():
        if name not in NOT_OURS:
            _take(name, text, values, faults)
    for setting in SETTINGS:
        if setting.name not in given and not setting.default.startswith("["):
            values[_field(setting.name)] = (
                setting.read(setting.default) if setting.default else _nothing(setting)
            )
    if not faults:
        faults += derive(values, environ)
    if faults:
        raise Misconfigured(tuple(faults))
    return Settings(**values, origins={name: origin for name, (_, origin) in given.items()})


def table(settings: Settings) -> Iterator[tuple[Setting, str, str]]:
    """Give each setting with its value as it may be shown to anybody, and where it came from."""
    for setting in SETTINGS:
        value = getattr(settings, _field(setting.name))
        origin = settings.origins.get(setting.name, "default")
        yield setting, _shown(setting, value), origin


def _take(name: str, text: str, values: dict[str, Any], faults: list[Invalid]) -> None:
    setting = _BY_NAME.get(name)
    if setting is None:
        close = difflib.get_close_matches(name, _BY_NAME, n=1)
        remedy = f"may be meant as {close[0]}" if close else "must be unset"
        faults.append(Invalid(name, "is not a setting", remedy))
        return
    try:
        values[_field(name)] = setting.read(text)
    except ValueError as fault:
        problem = "cannot be read" if setting.secret else f"is {text!r}"
        faults.append(Invalid(name, problem, str(fault)))


def _field(name: str) -> str:
    return name.removeprefix(PREFIX).lower()


def _nothing(setting: Setting) -> object:
    if setting.read in (read_networks, read_hosts):
        return ()
    return None if setting.read is read_path else ""


def _shown(setting: Setting, value: object) -> str:
    if value is None or value in ("", ()):
        return ""
    if setting.secret and setting.kind != "URL":
        return HIDDEN
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return _PASSWORD.sub(HIDDEN, str(value)) if setting.secret else str(value)
