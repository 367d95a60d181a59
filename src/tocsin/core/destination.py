"""Addresses, checked before anything is sent to them: mailboxes, telephone numbers, URLs, Slack.

Each check takes what somebody wrote and returns the form to keep, which is the same text wherever it can
be (callers read back what they wrote), or raises Invalid under *path*. Control characters are refused on
the text as it came, before anything is trimmed: what trims them away may differ from what later reads it.
"""

import re
from ipaddress import IPv6Address
from urllib.parse import SplitResult, quote, urlsplit

from tocsin.core.errors import Invalid

EMAIL_LENGTH_MAX = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets
URL_LENGTH_MAX = 2048
HOST_LENGTH_MAX = 253
PHONE_DIGITS_MIN, PHONE_DIGITS_MAX = 7, 15  # ITU-T E.164, 6.2; fewer than 7 is no subscriber anywhere

_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u00a1-\U0010ffff-]+")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_PHONE_PUNCTUATION = re.compile(r"[ ().-]|(?<=\d)/(?=\d)")
_NUMBER = re.compile(r"\d+|0[xX][0-9A-Fa-f]*")
_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d{1,2})(?:\.(?!$)|$)){4}")
_SLACK_CHANNEL = re.compile(r"[#@][^\s#@,:<>&]{1,80}|[CDGU][A-Z0-9]{6,40}")
_TELEGRAM_CHAT = re.compile(r"-?[1-9][0-9]{0,18}|@[A-Za-z][A-Za-z0-9_]{3,31}", re.ASCII)
_SLACK_HOSTS = ("hooks.slack.com", "hooks.slack-gov.com")


def check_email(text: str, path: str = "address") -> str:
    """Return *text* if it is one mailbox; a domain that is not ASCII comes back in its ASCII spelling.

    The local part may be long (some systems route by it) and not ASCII, but not quoted; a name beside the
    address, a comment or a second address is refused.
    """
    _refuse_control(text, path)
    text = text.strip(" ")
    local, at, domain = text.rpartition("@")
    if not at or not all(_LOCAL_PART.fullmatch(atom) for atom in local.split(".")):
        raise Invalid(path, "is not an e-mail address", "must be one plain address like ana@example.org")
    domain = _ascii_host(domain, path, "e-mail address")
    if domain.rpartition(".")[2].isdigit():
        raise Invalid(path, "has a number for a domain", "must be at a named host like ana@example.org")
    address = f"{local}@{domain}"
    if len(address.encode()) > EMAIL_LENGTH_MAX:
        raise Invalid(path, f"is longer than {EMAIL_LENGTH_MAX} bytes", "must be shorter (RFC 5321)")
    return address


def check_phone(text: str, path: str = "address") -> str:
    """Return *text* as E.164: a plus sign and 7 to 15 digits, with the usual punctuation taken out."""
    _refuse_control(text, path)
    number = _PHONE_PUNCTUATION.sub("", text)
    digits = number.removeprefix("+")
    right = number.startswith("+") and digits.isascii() and digits.isdigit() and digits[0] != "0"
    if not right or not PHONE_DIGITS_MIN <= len(digits) <= PHONE_DIGITS_MAX:
        remedy = "must begin with + and the country's code, with 7 to 15 digits in all, like +14155550100"
        raise Invalid(path, "is not an international telephone number", remedy)
    return number


def check_url(text: str, path: str = "address") -> str:
    """Return *text* if it is an http or https URL for a request; what is not ASCII in it is encoded.

    User information is refused: it leaks into logs, and credentials belong into a header. Whether the host
    may be called at all is decided when it is called, by the address that its name then has.
    """
    _refuse_control(text, path)
    text = text.strip(" ")
    if not text or len(text) > URL_LENGTH_MAX:
        raise Invalid(path, "is empty or too long", f"must be a URL of 1 to {URL_LENGTH_MAX} characters")
    if " " in text or "\\" in text or any(mark in text for mark in '<>"^`{|}'):
        raise Invalid(
            path, "contains a space or a character that no URL may contain", "must percent-encode it"
        )
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise Invalid(path, "is not a URL", "must look like https://example.org/hook") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Invalid(path, "is not an http or https URL", "must look like https://example.org/hook")
    if "@" in parts.netloc:
        raise Invalid(path, "contains a user name or password", "must not; send credentials in a header")
    if port == 0:
        raise Invalid(path, "names port 0", "must name a port of 1 to 65535, or none")
    host = _url_host(parts, path)
    if text.isascii():
        return text
    # quote() leaves every "%" as it stands: what was already encoded is not encoded again.
    rest = quote(text[text.index("//") + 2 + len(parts.netloc) :], safe="%/:?#[]@!$&'()*+,;=~")
    return f"{parts.scheme}://{host}{'' if port is None else f':{port}'}{rest}"


def check_slack_webhook(text: str, path: str = "address") -> str:
    """Return *text* if it can be the URL of a Slack incoming webhook, or of something that takes its place.

    On Slack's own hosts the path must be one of an incoming webhook: a workflow's trigger takes other
    fields and would answer with success to a message that nobody sees.
    """
    url = check_url(text, path)
    parts = urlsplit(url)
    ours = parts.scheme == "https" and parts.path.startswith("/services/") and parts.path.count("/") >= 4
    if parts.hostname in _SLACK_HOSTS and not ours:
        remedy = "must look like https://hooks.slack.com/services/T000/B000/XXXX"
        raise Invalid(path, "is not the URL of a Slack incoming webhook", remedy)
    return url


def check_telegram_chat(text: str, path: str = "address") -> str:
    """Return *text* if it can name a chat of Telegram: its number, or @ and the name of a public one."""
    _refuse_control(text, path)
    text = text.strip(" ")
    if not _TELEGRAM_CHAT.fullmatch(text):
        remedy = "must be its number, which the bot tells whoever writes /start to it, or like @operations"
        raise Invalid(path, "is not a chat of Telegram", remedy)
    return text


def is_own_chat(address: str) -> bool:
    """Tell whether *address*, a chat of Telegram, is somebody's own: numbers of groups are negative."""
    return address.isdecimal()


def check_slack_channel(text: str, path: str = "channel") -> str:
    """Return *text* if it can name a Slack channel: #name, @name or an id; a bare name gets its #."""
    _refuse_control(text, path)
    text = text.strip(" ")
    for channel in (text, f"#{text}"):
        if _SLACK_CHANNEL.fullmatch(channel):
            return channel
    raise Invalid(path, "is not a Slack channel", "must be like #ops, @ana or C024BE91L")


def _refuse_control(text: str, path: str) -> None:
    if not text.isprintable():  # controls, separators other than the space, invisible marks, surrogates
        raise Invalid(path, "contains a line break, tab or other invisible character", "must not")


def _ascii_host(host: str, path: str, what: str) -> str:
    """Return *host* as it stands when it is ASCII, or else its ASCII spelling; refuse what names no host."""
    try:
        name = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        name = ""
    labels = name.removesuffix(".").split(".")
    if len(name) > HOST_LENGTH_MAX or not all(_LABEL.fullmatch(label) for label in labels):
        raise Invalid(path, f"is no {what}: its host is not a name", "must name a host like example.org")
    return name


def _url_host(parts: SplitResult, path: str) -> str:
    host = parts.hostname or ""
    if "[" not in parts.netloc:
        if _NUMBER.fullmatch(host.removesuffix(".").rpartition(".")[2]) and not _IPV4.fullmatch(host):
            # 127.1 and 0x7f000001 are read as addresses by some and as names by others.
            raise Invalid(path, "is no URL: its host ends in a number", "must name a host or an address")
        return _ascii_host(host, path, "URL")
    try:
        literal = IPv6Address(host)
    except ValueError:
        literal = None
    if literal is None or literal.scope_id:  # a zone is link-local, and read differently by everybody
        raise Invalid(path, "is no URL: its host is not an address", "must name one like [2001:db8::1]")
    return f"[{host}]"
