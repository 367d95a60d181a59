"""A sentence-embedding model of a few words, laid out as real ones are: an ONNX graph and its tokenizer.

The graph looks each token up in a table. It is written out here field by field (onnx.proto3), because the
library that does so is large.
"""

import json
import struct
from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace

FLOAT, INT64 = 1, 7

MEANS = {
    "disk": (1.0, 0.0, 0.0),
    "full": (1.0, 0.1, 0.0),
    "space": (1.0, 0.0, 0.1),
    "left": (0.9, 0.1, 0.1),
    "device": (0.9, 0.0, 0.0),
    "certificate": (0.0, 1.0, 0.0),
    "expires": (0.0, 1.0, 0.1),
}
"""What words mean; those that are not here mean nothing."""


def write(folder: Path, *, graph: str = "model.onnx", pools: bool = False, by_first: bool = False) -> Path:
    """Write the model into *folder*; with *pools*, the graph itself makes one vector of a text's tokens."""
    vocabulary = {"[PAD]": 0, "[UNK]": 1, **{word: place for place, word in enumerate(MEANS, 2)}}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = Lowercase()
    tokenizer.pre_tokenizer = Whitespace()
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / graph).parent.mkdir(exist_ok=True)
    (folder / graph).write_bytes(_graph([(0.0,) * 3, (0.0,) * 3, *MEANS.values()], pools=pools))
    if by_first:
        (folder / "1_Pooling").mkdir()
        (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode_cls_token": True}))
    return folder


def _graph(table: Sequence[Sequence[float]], *, pools: bool) -> bytes:
    width = len(table[0])
    numbers = b"".join(struct.pack("<f", each) for row in table for each in row)
    tensor = (
        _number(1, len(table))
        + _number(1, width)
        + _number(2, FLOAT)
        + _text(8, "table")
        + _bytes(9, numbers)
    )
    found = "each" if pools else "last_hidden_state"
    nodes = _bytes(1, _text(1, "table") + _text(1, "input_ids") + _text(2, found) + _text(4, "Gather"))
    if pools:  # the sum over the tokens, ReduceSum(axes=[1], keepdims=0) before axes became an input
        axes = _text(1, "axes") + _number(8, 1) + _number(20, 7)
        keep = _text(1, "keepdims") + _number(3, 0) + _number(20, 2)
        summed = _text(1, found) + _text(2, "sentence_embedding") + _text(4, "ReduceSum")
        nodes += _bytes(1, summed + _bytes(5, axes) + _bytes(5, keep))
    out = ("sentence_embedding", ("batch", width)) if pools else (found, ("batch", "tokens", width))
    graph = nodes + _text(2, "words") + _bytes(5, tensor)
    graph += _bytes(11, _value("input_ids", INT64, ("batch", "tokens")))
    graph += _bytes(12, _value(out[0], FLOAT, out[1]))
    opset = _number(2, 11)
    return _number(1, 7) + _bytes(7, graph) + _bytes(8, opset)


def _value(name: str, kind: int, shape: Sequence[int | str]) -> bytes:
    sizes = (_number(1, each) if isinstance(each, int) else _text(2, each) for each in shape)
    dims = b"".join(_bytes(1, each) for each in sizes)
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, kind) + _bytes(2, dims)))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
