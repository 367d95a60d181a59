"""Bodies: JSON, or a form of either kind; nothing at all is an empty object."""

from collections.abc import Mapping
from email.parser import BytesParser
from email.policy import HTTP
from http import HTTPStatus
from typing import Any, Final

from tocsin.core.errors import Invalid
from tocsin.dialects.grafana_oncall.errors import refused, wrong_fields
from tocsin.dialects.grafana_oncall.fields import Fields, type_name
from tocsin.httpkit.bodies import FORM_FIELDS_MAX, JsonReader, read_form
from tocsin.httpkit.requests import Call

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"

_READER: JsonReader[Any] = JsonReader(Any, keeps_nul=True)


async def read_fields(call: Call) -> Fields:
    """Read the request's body as an object."""
    body = await call.read()
    if not body.strip():
        return Fields({})
    content_type = call.request.headers.get("content-type", JSON)
    media = content_type.partition(";")[0].strip().lower()
    if media == FORM:
        return Fields(_form(body), form=True)
    if media == MULTIPART:
        return Fields(_multipart(content_type, body), form=True)
    if media != JSON:
        sentence = f'Unsupported media type "{media[:100]}" in request.'
        raise refused(sentence, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    return Fields(_object(read_json(body)))


def read_json(body: bytes) -> Any:
    """Decode JSON; refuse what is none."""
    try:
        return _READER.read(body)
    except Invalid as error:
        raise refused(f"JSON parse error - {error.problem}") from None


def _object(value: Any) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return value
    if value is None:
        raise wrong_fields("No data provided")
    raise wrong_fields(f"Invalid data. Expected a dictionary, but got {type_name(value)}.")


def _form(body: bytes) -> Mapping[str, list[str]]:
    try:
        return read_form(body)
    except Invalid as error:
        raise refused(f"Form parse error - {error.problem}") from None


def _multipart(content_type: str, body: bytes) -> Mapping[str, list[str]]:
    """Read the texts of a multipart form; files in it are left out."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    if not message.is_multipart():
        raise refused("Multipart form parse error - Invalid boundary in multipart: None")
    parts = [part for part in message.iter_parts() if part.get_filename() is None]
    if len(parts) > FORM_FIELDS_MAX:
        raise refused("Multipart form parse error - there are too many fields")
    form: dict[str, list[str]] = {}
    for part in parts:
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            form.setdefault(name, []).append(payload.decode("utf-8", "replace"))
    return form
