"""Encoders and entailers of the user's choice, through sentence-transformers (the `semantic` extra).

Any local folder or model name that sentence-transformers can load will do: a bi-encoder for `--encoder`, a three-class NLI
cross-encoder for `--entailer`. Weights are read from safetensors only (nothing is unpickled) and no code of a model is run.
What a model said of a text is remembered in the cache by model and content, so that a second run costs nothing.

The packaged weigher was fitted on the packaged models. Others work with it at once, but their figures are theirs: fit it
again (`checker.evaluate.fit --encoder ... --entailer ...`) before relying on the confidences.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from checker.data import cache_dir
from checker.types import CheckerError

_BATCH = 32
_CLASSES = ("neutral", "entail", "contra")  # in the order of `Entailer.score`
#: Keys asked for at once: SQLite takes at most 999 parameters in old builds.
_ASKED = 500


class SentenceEncoder:
    """A bi-encoder.

    Raises:
        CheckerError: sentence-transformers is missing, or the model cannot be had.
    """

    def __init__(self, model: str) -> None:
        kind = _library("SentenceTransformer")
        self._model = _load(kind, model)
        self.name = f"{model}@{_state(model)}"
        self.size = int(self._model.encode(["a"]).shape[1])  # its name for this changes between releases
        self._memory = _Memory(self.name, self.size)

    def encode(self, texts: Sequence[str]) -> Any:
        """See `Encoder.encode`."""

        def ask(missing: list[str]) -> Any:
            return self._model.encode(
                missing, batch_size=_BATCH, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
            )

        return self._memory.through(list(texts), ask)


class NliEntailer:
    """A cross-encoder with the classes entailment, neutral and contradiction, whatever their order.

    Raises:
        CheckerError: sentence-transformers is missing, the model cannot be had, or its classes are others.
    """

    def __init__(self, model: str) -> None:
        kind = _library("CrossEncoder")
        self._model = _load(kind, model)
        labels = {int(i): str(name).lower() for i, name in self._model.model.config.id2label.items()}
        order = [next((i for i, name in labels.items() if name.startswith(wanted)), None) for wanted in _CLASSES]
        if None in order or len(labels) != len(_CLASSES):
            raise CheckerError(
                f"{model}: its classes are {', '.join(labels.values())}; needed: entailment, neutral, contradiction"
            )
        self._order = [int(i) for i in order if i is not None]
        self.name = f"{model}@{_state(model)}"
        self._memory = _Memory(self.name, len(_CLASSES))

    def score(self, pairs: Sequence[tuple[str, str]]) -> Any:
        """See `Entailer.score`."""

        def ask(missing: list[tuple[str, str]]) -> Any:
            said = self._model.predict(
                missing, batch_size=_BATCH, apply_softmax=True, convert_to_numpy=True, show_progress_bar=False
            )
            return said[:, self._order]

        return self._memory.through(list(pairs), ask)


def _library(name: str) -> Any:
    try:
        import sentence_transformers
    except ImportError as error:
        raise CheckerError(
            "sentence-transformers is not installed: pip install torch (a CPU build), then pip install 'checker[semantic]'"
        ) from error
    return getattr(sentence_transformers, name)


def _load(kind: Callable[..., Any], model: str) -> Any:
    try:
        return kind(model, device="cpu", trust_remote_code=False, model_kwargs={"use_safetensors": True})
    except Exception as error:  # the libraries raise whatever they like, from OSError to KeyError
        reason = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise CheckerError(
            f"{model}: the model cannot be had: {reason[:200]} (give a local folder, or fetch it where there is a network)"
        ) from error


def _state(model: str) -> str:
    """What tells two states of a model apart: the sizes and times of a folder's files, or just the name."""
    folder = Path(model)
    files = sorted(p for p in folder.rglob("*") if p.is_file()) if folder.is_dir() else []
    state = "\n".join(f"{p.relative_to(folder)} {p.stat().st_size} {p.stat().st_mtime_ns}" for p in files)
    return hashlib.sha256(f"{model}\n{state}".encode()).hexdigest()[:12]


class _Memory:
    """Rows of floats by content, kept in the cache."""

    def __init__(self, name: str, size: int) -> None:
        folder = cache_dir() / "models"
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / f"{hashlib.sha256(name.encode()).hexdigest()[:24]}.sqlite"
        self._size = size
        with closing(self._open()) as db, db:
            db.execute("CREATE TABLE IF NOT EXISTS said (key BLOB PRIMARY KEY, row BLOB NOT NULL) WITHOUT ROWID")

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._file, timeout=60)

    def through(self, items: list[Any], ask: Callable[[list[Any]], Any]) -> Any:
        """The rows of `items`, from memory or from `ask`; float32, shape (len(items), size)."""
        import numpy as np

        keys = [hashlib.sha256(repr(item).encode()).digest() for item in items]
        with closing(self._open()) as db, db:
            known: dict[bytes, bytes] = {}
            for start in range(0, len(keys), _ASKED):
                part = keys[start : start + _ASKED]
                marks = ",".join("?" * len(part))
                known |= dict(db.execute(f"SELECT key, row FROM said WHERE key IN ({marks})", part))  # noqa: S608
            missing = {k: item for k, item in zip(keys, items, strict=True) if k not in known}
            if missing:
                rows = np.asarray(ask(list(missing.values())), dtype=np.float32)
                fresh = {k: row.tobytes() for k, row in zip(missing, rows, strict=True)}
                db.executemany("INSERT OR REPLACE INTO said VALUES (?, ?)", fresh.items())
                known |= fresh
        return np.array([np.frombuffer(known[k], dtype=np.float32) for k in keys]).reshape(len(items), self._size)
