"""Models of the user's choice, for real: small ones that the tests build, loaded and run by sentence-transformers."""

from __future__ import annotations

import json

import numpy as np
import pytest

from checker.ingest import article_from_text
from checker.types import CheckerError

TEXTS = ["医保个人账户继续保留。", "Personal accounts are retained.", "个人账户将被取消。"]


def _base(folder, labels=()):
    """A two-layer BERT with random weights that reads characters."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertModel, BertTokenizerFast

    folder.mkdir()
    characters = sorted({c.lower() for t in TEXTS for c in t if not c.isspace()})
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters, *("##" + c for c in characters)]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
    )
    if labels:
        config.num_labels = len(labels)
        config.id2label = dict(enumerate(labels))
        config.label2id = {name: i for i, name in config.id2label.items()}
    model = BertForSequenceClassification(config) if labels else BertModel(config)
    model.save_pretrained(folder, safe_serialization=True)
    BertTokenizerFast(vocab_file=str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    pytest.importorskip("sentence_transformers", reason="the semantic extra is not installed")
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def bi_encoder(folder):
    from sentence_transformers import SentenceTransformer, models

    inner = models.Transformer(str(_base(folder / "bert")))
    pooling = models.Pooling(inner.get_word_embedding_dimension())
    SentenceTransformer(modules=[inner, pooling], device="cpu").save(str(folder / "encoder"))
    return str(folder / "encoder")


def test_an_encoder_gives_unit_vectors_and_remembers_them(bi_encoder, monkeypatch):
    from checker.models.sentence import SentenceEncoder

    encoder = SentenceEncoder(bi_encoder)
    first = encoder.encode(TEXTS)
    assert first.shape == (3, encoder.size)
    assert np.allclose(np.linalg.norm(first, axis=1), 1, atol=1e-5)
    monkeypatch.setattr(encoder, "_model", None)  # what is known needs no model
    assert np.array_equal(encoder.encode([*TEXTS[::-1], TEXTS[0]])[:3], first[::-1])


@pytest.mark.parametrize(
    "labels", [("entailment", "neutral", "contradiction"), ("CONTRADICTION", "ENTAILMENT", "NEUTRAL")]
)
def test_the_classes_of_an_entailer_are_found_by_name(folder, labels):
    from sentence_transformers import CrossEncoder

    from checker.models.sentence import NliEntailer

    path = _base(folder / "-".join(labels), labels)
    entailer = NliEntailer(str(path))
    pairs = [(TEXTS[0], TEXTS[2]), (TEXTS[1], TEXTS[0])]
    said = entailer.score(pairs)
    raw = CrossEncoder(str(path), device="cpu").predict(pairs, apply_softmax=True, convert_to_numpy=True)
    names = [name.lower()[:6] for name in labels]
    wanted = [names.index(n) for n in ("neutra", "entail", "contra")]
    assert np.allclose(said, raw[:, wanted], atol=1e-5)
    assert np.allclose(said.sum(axis=1), 1, atol=1e-5)


def test_other_classes_are_refused(folder):
    from checker.models.sentence import NliEntailer

    with pytest.raises(CheckerError, match="good, bad"):
        NliEntailer(str(_base(folder / "other", ("good", "bad"))))


def test_a_model_that_is_not_there_is_one_line(folder, monkeypatch):
    from checker.models.sentence import SentenceEncoder

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(CheckerError, match="cannot be had") as found:
        SentenceEncoder(str(folder / "nowhere"))
    assert "\n" not in str(found.value)


def test_a_whole_check_runs_on_chosen_models(bi_encoder, folder):
    from checker.pipeline import make_checker
    from checker.report.render import render

    nli = folder / "entailment-neutral-contradiction"
    entailer = str(nli if nli.exists() else _base(nli, ("entailment", "neutral", "contradiction")))
    checker = make_checker(encoder=bi_encoder, entailer=entailer)
    assert checker.book.index.vectors.shape[1] == 32
    report = checker.check(article_from_text("职工医保个人账户将被取消，余额年底清零。"))
    assert json.loads(render("json", [report]))["findings"]
