"""Side by side on the same statements: checker, two baselines, and groundrails in a virtualenv of its own.

Every method gets the bare English statements of the gold articles that a rule decides, and says of each whether it is to be
flagged; all use our rules as their sources. Bare statements are harder for checker than articles, which give context.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from checker.evaluate.gate import gold_folder
from checker.evaluate.score import read_labelled
from checker.ingest import article_from_text
from checker.pipeline import Checker
from checker.types import CheckerError

#: Similarity from which a nearest misstatement counts.
_NEAR = 0.35
_GROUNDRAILS = """
import json, sys, time
import groundrails
job = json.load(sys.stdin)
groundrails.init(models="none", wordnet=False, home=job["home"])
started = time.perf_counter()
found = groundrails.ground_batch(job["claims"], [tuple(s) for s in job["sources"]])
took = time.perf_counter() - started
flags = [bool(m.numeric_mismatches or m.entity_mismatches) for m in found]
print(json.dumps({"flags": flags, "seconds": took}))
"""

Method = Callable[[Sequence[str]], list[bool]]


def statements() -> tuple[list[str], list[bool]]:
    """English gold statements that a rule decides, and whether each is to be flagged."""
    texts, due = [], []
    for path in sorted(gold_folder().glob("*.jsonl")):
        for row in read_labelled(path):
            for claim in row["claims"]:
                if (
                    row["lang"] == "en"
                    and claim["stance"] == "asserts"
                    and claim["verdict"] in ("contradicted", "supported")
                    and claim["rule_ids"]
                    and not claim.get("disputed")
                ):
                    texts.append(claim["span"])
                    due.append(claim["verdict"] == "contradicted")
    return texts, due


def compare_peers(checker: Checker, python: Path | None, say: Callable[[str], None]) -> Iterator[str]:
    """Lines of a table: precision, recall and milliseconds a claim of each method."""
    texts, due = statements()
    yield f"{len(texts)} English statements, {sum(due)} to be flagged"
    yield f"{'method':<34} {'precision':>9} {'recall':>7} {'ms/claim':>9}"
    methods: list[tuple[str, Method]] = [
        ("checker", lambda t: [any(v.flagged for v in checker.check(article_from_text(x)).verdicts) for x in t]),
        ("nearest misstatement, TF-IDF", lambda t: _nearest(checker, t, _tfidf)),
    ]
    if checker.encoder is not None:
        encode = checker.encoder.encode
        methods.append(("nearest misstatement, vectors", lambda t: _nearest(checker, t, lambda _: encode)))
    for name, method in methods:
        say(f"{name} ...")
        started = time.perf_counter()
        flags = method(texts)
        yield _line(name, flags, due, time.perf_counter() - started)
    if python is None:
        yield "groundrails                        not run (--peers PYTHON names the interpreter of its virtualenv)"
        return
    say("groundrails ...")
    flags, seconds = _groundrails(checker, python, texts)
    yield _line("groundrails (lexical, no models)", flags, due, seconds)


def _line(name: str, flags: Sequence[bool], due: Sequence[bool], seconds: float) -> str:
    hit = sum(f and d for f, d in zip(flags, due, strict=True))
    precision = hit / sum(flags) if any(flags) else 0.0
    return f"{name:<34} {precision:>9.3f} {hit / sum(due):>7.3f} {1000 * seconds / len(due):>9.1f}"


def _sources(checker: Checker) -> list[tuple[str, bool]]:
    """English texts of the rules in force, and whether each is a misstatement."""
    found = []
    for rule in checker.book.rules:
        version = rule.at(checker.today)
        if version is not None:
            found.append((version.statement["en"], False))
            found += [(m["en"], True) for m in version.misstatements]
    return found


def _tfidf(corpus: Sequence[str]) -> Callable[[Sequence[str]], Any]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    fitted = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2)).fit(corpus)
    return lambda texts: fitted.transform(texts).toarray()


def _nearest(checker: Checker, texts: Sequence[str], build: Callable[[Sequence[str]], Any]) -> list[bool]:
    sources = _sources(checker)
    encode = build([s for s, _ in sources])
    scores = encode(texts) @ encode([s for s, _ in sources]).T
    best = scores.argmax(axis=1)
    return [bool(sources[b][1]) and float(scores[i, b]) >= _NEAR for i, b in enumerate(best)]


def _groundrails(checker: Checker, python: Path, texts: Sequence[str]) -> tuple[list[bool], float]:
    import tempfile

    sources = [(str(n), text) for n, (text, wrong) in enumerate(_sources(checker)) if not wrong]
    with tempfile.TemporaryDirectory() as home:
        job = json.dumps({"claims": list(texts), "sources": sources, "home": home})
        done = subprocess.run(  # noqa: S603 - the interpreter that the user named
            [str(python), "-c", _GROUNDRAILS], input=job, capture_output=True, text=True, check=False, timeout=3600
        )
    if done.returncode:
        raise CheckerError(f"{python}: groundrails failed: {(done.stderr.strip().splitlines() or ['?'])[-1][:200]}")
    answer = json.loads(done.stdout.strip().splitlines()[-1])
    return [bool(f) for f in answer["flags"]], float(answer["seconds"])
