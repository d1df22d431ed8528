"""Does a rule say, deny or leave open what a claim says: a small cross-encoder for Chinese and English.

Multilingual-e5-small (MIT) with its vocabulary cut to the two languages, fine-tuned on sentences written for this project
(corpora/training), quantised to eight bits: about 35 MB, a hundredth of a second a pair on one core. It reads both texts
together, so it sees that a paraphrase agrees and a changed verb does not, which no embedding does; it is still a small
model, and what it says is one feature among the comparators' findings, never a verdict.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from checker.types import CheckerError

_FOLDER = Path(__file__).with_name("weights")
#: Longer pairs are cut: a rule and a claim are one sentence each.
_MAX_TOKENS = 128
_BATCH = 16
_PAD, _END = 1, 2  # ids of the padding and end marks, the same in the whole and in the cut vocabulary


class Entailer(Protocol):
    """Weighs pairs of (rule statement, claim)."""

    name: str

    def score(self, pairs: Sequence[tuple[str, str]]) -> Any:
        """Probabilities of silent, supports, contradicts; float32, shape (len(pairs), 3), rows summing to 1."""


class PackagedEntailer:
    """The cross-encoder that comes with checker, run by onnxruntime on one thread; the weights are read at the first score."""

    name = "checker-entailer-2"

    def __init__(self, folder: Path = _FOLDER) -> None:
        self._folder = folder

    @functools.cached_property
    def _model(self) -> tuple[Any, Any]:
        """The session and the tokenizer."""
        import onnxruntime
        from tokenizers import Tokenizer

        model = self._folder / "entailer.onnx"
        wanted = (self._folder / "entailer.sha256").read_text(encoding="ascii").strip()
        if hashlib.sha256(model.read_bytes()).hexdigest() != wanted:
            raise CheckerError(f"{model}: is damaged: reinstall checker")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.enable_truncation(_MAX_TOKENS)
        return session, tokenizer

    def score(self, pairs: Sequence[tuple[str, str]]) -> Any:
        """See `Entailer.score`. Pairs are run in batches of like length.

        Raises:
            CheckerError: the weights are damaged.
        """
        import numpy as np

        session, tokenizer = self._model

        result = np.zeros((len(pairs), 3), dtype=np.float32)
        encoded = tokenizer.encode_batch(list(pairs))
        order = sorted(range(len(pairs)), key=lambda i: len(encoded[i].ids))
        for start in range(0, len(order), _BATCH):
            chosen = order[start : start + _BATCH]
            width = max(len(encoded[i].ids) for i in chosen)
            ids = np.full((len(chosen), width), _PAD, dtype=np.int64)
            mask = np.zeros_like(ids)
            types = np.zeros_like(ids)
            for row, i in enumerate(chosen):
                size = len(encoded[i].ids)
                ids[row, :size] = encoded[i].ids
                mask[row, :size] = 1
                types[row, :size] = second_part(encoded[i].ids, _END)
            logits = session.run(None, {"ids": ids, "mask": mask, "types": types})[0]
            weights = np.exp(logits - logits.max(axis=1, keepdims=True))
            result[chosen] = weights / weights.sum(axis=1, keepdims=True)
        return result


def second_part(ids: Sequence[int], end: int) -> list[int]:
    """Segment ids of a pair: 0 up to the first end mark, 1 behind it."""
    first = ids.index(end) if end in ids else len(ids)
    return [0 if i <= first else 1 for i in range(len(ids))]


def packaged_entailer() -> Entailer | None:
    """The packaged entailer, or None where onnxruntime or the weights are missing."""
    if not (_FOLDER / "entailer.onnx").is_file():
        return None
    return _packaged() if importlib.util.find_spec("onnxruntime") else None


@functools.cache
def _packaged() -> Entailer:
    return PackagedEntailer()
