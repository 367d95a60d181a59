"""Multipart forms: their texts by name, and whether there are files among them."""

from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import HTTP
from typing import Final

from tocsin.core.errors import Invalid

MULTIPART: Final = "multipart/form-data"
PARTS_MAX: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class MultipartForm:
    """The *texts* of a form, the later of equal names, and whether it has *files*, which are left out."""

    texts: dict[str, str]
    files: bool


def read(content_type: str, body: bytes) -> MultipartForm:
    """Read up to PARTS_MAX parts; raise Invalid when there are none."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    if not message.is_multipart():
        raise Invalid("", "the multipart form has no parts", "must have them, between its boundaries")
    texts, files = dict[str, str](), False
    for part in list(message.iter_parts())[:PARTS_MAX]:
        if not isinstance(part, EmailMessage):
            continue
        if part.get_filename() is not None:
            files = True
            continue
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            texts[name] = payload.decode("utf-8", "replace").replace("\0", "\ufffd")
    return MultipartForm(texts=texts, files=files)
