"""Whether texts tell of the same kind of thing, by their words, whatever numbers, hosts and ids they name.

A text's signature is the set of its words without all that tells one instance from another. Words that alerts
use of everything ("high", "usage", "limit") are light; the others are telling, for they say of what. A text
belongs to a group with the very same telling words, if in all their words they are like enough; or else it
founds one. A word more or less may be another thing ("memory", "GPU memory"), and what falls together wrongly
is worse than what stays apart: see ``docs/decisions``.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Final

from tocsin.core.alert import Alert
from tocsin.core.filters import value_of

THRESHOLD: Final = 0.45
"""How like two signatures with the same telling words must be: the weight of common words in that of all."""

TEXT_LENGTH_MAX: Final = 2_000  # characters that are looked at, of each text
WORDS_MAX: Final = 48
SIGNATURE_BYTES_MAX: Final = 1_000
GROUPS_MAX: Final = 2_000
SIGNATURES_KEPT: Final = 4_096
LIGHT: Final = 0.25

_HEX = r"(?=[a-f]*[0-9])[0-9a-f]{6,}"
_INSTANCE = re.compile(
    r"https?://\S+|[\w.+-]+@[\w-]+\.[\w.-]+"  # URLs, mailboxes
    r"|\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"  # UUIDs
    r"|\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b|\b(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}\b"  # MAC and IPv6 addresses
    rf"|\b0x[0-9a-f]+\b|(?<![\w-]){_HEX}(?![\w-])"
    r"|(?<![\w.])(?:/[\w.@%+:-]+){1,}/?|\b[a-z]:\\\S+",  # paths
    re.IGNORECASE,
)
_CHUNK = re.compile(r"\w[\w.\-/:@]*")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PART = re.compile(r"[^\W_]+")
_DIGIT = re.compile(r"\d")
_CASED = re.compile(r"[A-Z][a-z]+[A-Z]")
_NOT_LATIN = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af]")


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_TOP_LEVELS: Final = _listed("""
com org net io local internal lan cloud svc dev example test localdomain
""")
_STAY: Final = _listed("""
5xx 4xx 3xx s3 ec2 k8s http2 http3 ipv4 ipv6 x509 p2p b2b oauth2 log4j
""")
_STOP: Final = _listed("""
a an and any are as at be been by did do does for from had has have in into is it its no not of on
or out per since than that the their there this to too was were will with within which its over
under last first now than via more most less only very still firing alert triggered ms sec min kb mb
gb kib mib gib tb ki mi gi pct
""")
_LIGHT: Final = _listed("""
high low usage use used above below threshold exceed warn warning critical error rate
percent minute second hour day time value count total number current server host service instance
node machine status state check monitor metric too many much long slow reach limit left nearly
report detect available unavailable response request answer app pod api prod production staging env
cluster region zone job task system process kubernete restart exit code id
""")
_SAME: Final = {
    "mem": "memory",
    "utilization": "usage",
    "utilisation": "usage",
    "db": "database",
    "k8s": "kubernete",
    "kube": "kubernete",
    "err": "error",
    "conn": "connection",
    "failure": "fail",
    "crit": "critical",
    "fs": "filesystem",
    "older": "old",
    "higher": "high",
    "slower": "slow",
}


def signature(alert: Alert, fields: Sequence[str]) -> str:
    """Give the words of the texts in *fields* of *alert*, without those that name its host."""
    texts = []
    for field in fields:
        value = value_of(alert, field)
        texts.append(" ".join(value) if isinstance(value, tuple) else value or "")
    whole = "\n".join(text[:TEXT_LENGTH_MAX] for text in texts)
    if alert.host:
        whole = whole.replace(alert.host, " ")
    return signature_of(whole)


@lru_cache(SIGNATURES_KEPT)
def signature_of(text: str) -> str:
    """Give the words of *text* that stay when it is said of another instance, in their order and each once.

    A text of nothing else is like no other but itself.
    """
    return _signature(text) or f"text:{sha256(text.encode('utf-8', 'replace')).hexdigest()}"


def _signature(text: str) -> str:
    words: dict[str, None] = {}
    size = 0
    for chunk in _CHUNK.findall(_INSTANCE.sub(" ", text)):
        for word in _words(chunk):
            if word in words:
                continue
            size += len(word.encode("utf-8", "replace")) + 1
            if len(words) == WORDS_MAX or size > SIGNATURE_BYTES_MAX:
                return " ".join(words)
            words[word] = None
    return " ".join(words)


class Groups:
    """Groups of texts, each with the *signature* of the text that founded it, found by their telling words.

    At most GROUPS_MAX are compared with; past that only an equal signature is found.
    """

    def __init__(self, signatures: Iterable[str] = ()) -> None:
        self._names: list[str] = []
        self._places: dict[frozenset[str], list[int]] = {}
        self._known: set[str] = set()
        for each in signatures:
            self.add(each)

    def add(self, founding: str) -> None:
        """Found a group, unless there is one with this very signature."""
        if founding in self._known:
            return
        self._known.add(founding)
        if len(self._names) < GROUPS_MAX:
            telling = _telling(frozenset(founding.split()))
            self._places.setdefault(telling, []).append(len(self._names))
            self._names.append(founding)

    def find(self, sought: str) -> str | None:
        """Give the group that *sought* belongs to: the most like one, the earliest among equals; or None."""
        if sought in self._known:
            return sought
        best, found = THRESHOLD, None
        for place in self._places.get(_telling(frozenset(sought.split())), ()):
            alike = likeness(sought, self._names[place])
            if alike > best or (found is None and alike >= best):
                best, found = alike, place
        return None if found is None else self._names[found]


def likeness(one: str, other: str) -> float:
    """Tell how like two signatures are, from 0 to 1: the weight of common words in that of all."""
    first, second = frozenset(one.split()), frozenset(other.split())
    common = _weight(first & second)
    whole = _weight(first | second)
    return common / whole if whole else 1.0


def _weight(words: frozenset[str]) -> float:
    light = len(words & _LIGHT)
    return len(words) - light + LIGHT * light


def _telling(words: frozenset[str]) -> frozenset[str]:
    """Give the words that say what a text is about; all of them where none does."""
    return words - _LIGHT or words


def _words(chunk: str) -> list[str]:
    """Give the words in *chunk*, none of them for the name of an instance."""
    chunk = chunk.strip(".-/:@")
    if _DIGIT.search(chunk) and chunk.lower() not in _STAY:
        if "_" not in chunk or "-" in chunk or "." in chunk:
            return []
    elif chunk.count(".") and not _is_prose(chunk):
        last = chunk.rpartition(".")[2]
        return _words(last) if _CASED.search(last) else []
    found = []
    for part in _PART.findall(chunk):
        lowered = part.lower()
        if _DIGIT.search(part) and lowered not in _STAY:
            continue
        for piece in [lowered] if lowered in _STAY else _CAMEL.split(part):
            word = _stem(piece.lower())
            if word and word not in _STOP:
                found += _pairs(word) if _NOT_LATIN.search(word) else [word]
    return found


def _is_prose(chunk: str) -> bool:
    """Tell whether a dotted chunk is words rather than the name of a host or a class."""
    parts = chunk.lower().split(".")
    return len(parts) == 2 and parts[1] not in _TOP_LEVELS and not _CASED.search(chunk)


def _pairs(word: str) -> list[str]:
    """Cut a text that is written without blanks into pairs of letters."""
    return [word[place : place + 2] for place in range(max(1, len(word) - 1))]


def _stem(word: str) -> str:
    """Bring a word to a form that its relatives share, roughly: "crashing" and "crashed" are "crash"."""
    if len(word) < 2:
        return ""
    word = _SAME.get(word, word)
    if word in _LIGHT or word in _STOP:
        return word
    for ending, instead in (("ies", "y"), ("ing", ""), ("ed", ""), ("es", "e"), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: -len(ending)] + instead
            break
    word = _SAME.get(word, word)
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "ls":
        word = word[:-1]  # "dropped" and "drop"
    return word
