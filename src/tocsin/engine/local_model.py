"""A sentence-embedding model in a folder of this machine: an ONNX graph and its tokenizer.

The folder is laid out as the Sentence Transformers of Hugging Face's hub are: ``tokenizer.json``, and the
graph in ``model.onnx`` or ``onnx/model.onnx``. Their ``1_Pooling/config.json`` is heeded where it is there.
"""

import asyncio
import importlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tocsin.core.meaning import Vector
from tocsin.engine.embedding import TEXT_LENGTH_MAX, NoVectorsError, checked

EXTRA: Final = "tocsin[meaning]"
LIBRARIES: Final = ("onnxruntime", "tokenizers", "numpy")
GRAPHS: Final = ("model.onnx", "onnx/model.onnx")
TOKENS_MAX: Final = 256
AT_ONCE_MAX: Final = 32  # texts in one run


class Local:
    """The model of *folder*, loaded when it is first needed and kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loaded: _Loaded | None = None

    async def vectors(self, texts: Sequence[str]) -> list[Vector]:
        """Ask the model, on a thread of its own."""
        return await asyncio.to_thread(self._vectors, [text[:TEXT_LENGTH_MAX] or "-" for text in texts])

    def _vectors(self, texts: list[str]) -> list[Vector]:
        try:
            if self._loaded is None:
                self._loaded = _Loaded(self._folder)
            some = (texts[start : start + AT_ONCE_MAX] for start in range(0, len(texts), AT_ONCE_MAX))
            found = [vector for each in some for vector in self._loaded.vectors(each)]
        except ImportError as error:
            raise NoVectorsError(f"{error.name} is not installed: pip install {EXTRA!r}") from error
        except Exception as error:
            why = " ".join(str(error).split())[:200]
            raise NoVectorsError(f"the model in {self._folder} gave nothing: {why}") from error
        return checked(found, len(texts), f"the model in {self._folder}")


class _Loaded:
    def __init__(self, folder: Path) -> None:
        onnxruntime, tokenizers, self._numpy = (importlib.import_module(each) for each in LIBRARIES)
        graph = next((folder / name for name in GRAPHS if (folder / name).is_file()), None)
        if graph is None:
            raise FileNotFoundError(f"there is no {' or '.join(GRAPHS)} in it")
        self._tokenizer: Any = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(max_length=TOKENS_MAX)
        if self._tokenizer.padding is None:
            self._tokenizer.enable_padding()
        options: Any = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # pages come first on this machine
        options.log_severity_level = 3
        self._session: Any = onnxruntime.InferenceSession(
            str(graph), sess_options=options, providers=["CPUExecutionProvider"]
        )
        self._wanted = [each.name for each in self._session.get_inputs()]
        self._by_first = _pools_by_first_token(folder)

    def vectors(self, texts: list[str]) -> list[Vector]:
        """Run the graph once; what it gives for each token becomes the mean of them, or the first one's."""
        numpy = self._numpy
        encoded = self._tokenizer.encode_batch(texts)
        given = {
            "input_ids": [each.ids for each in encoded],
            "attention_mask": [each.attention_mask for each in encoded],
            "token_type_ids": [each.type_ids for each in encoded],
        }
        feed = {name: numpy.array(given[name], dtype=numpy.int64) for name in self._wanted}
        results = self._session.run(None, feed)
        # Some graphs pool by themselves, and say so beside what they give for each token.
        pooled = next((each for each in results if each.ndim == 2), None)
        if pooled is None:
            pooled = self._pooled(results[0], numpy.array(given["attention_mask"]))
        return [tuple(map(float, each)) for each in pooled]

    def _pooled(self, tokens: Any, mask: Any) -> Any:
        if self._by_first:
            return tokens[:, 0]
        weights = mask[:, :, None].astype(tokens.dtype)
        return (tokens * weights).sum(axis=1) / weights.sum(axis=1).clip(min=1)


def _pools_by_first_token(folder: Path) -> bool:
    try:
        config = json.loads((folder / "1_Pooling" / "config.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    return config.get("pooling_mode_cls_token") is True
