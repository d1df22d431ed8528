"""Speed and memory in one run, as ratios: what a check costs against extracting the text alone, and 100,000 rules against 250.

Nothing here is asserted by a test: machines differ, ratios of one run do not much.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from checker.ingest import read_article
from checker.match import build_index
from checker.models.encoder import packaged_encoder
from checker.pipeline import Checker, make_checker
from checker.rulebook import RuleBook, load_rules
from checker.rules.store import StoredRules, write_rules
from checker.types import Rule

_MB = 1024 * 1024


def run_benchmarks(pages: int, large: int | None, say: Callable[[str], None]) -> Iterator[str]:
    """Lines of figures, each with its ratio."""
    checker = make_checker(say=say)
    samples = _pages(pages)
    yield from _whole_against_extraction(checker, samples)
    yield from _cold_start()
    yield f"peak memory of this process so far: {_peak():.0f} MB"
    if large is not None:
        yield from _large_book(checker, samples, large, say)


def _pages(count: int) -> list[bytes]:
    """Pages of the size and shape of news: our sample articles in a page with navigation, links and a teaser list."""
    folder = Path(__file__).resolve().parents[1] / "corpora" / "samples"
    found = [p.read_bytes() for p in sorted(folder.glob("*.html"))] if folder.is_dir() else []
    if not found:
        rules = load_rules(())
        lists = [
            "".join(
                f"<p>{r.versions[-1].statement['zh']}记者近日走访了解到，不少市民对此表示关心，有关部门作了说明。</p>"
                for r in rules[i : i + 12]
            )
            for i in range(0, 60, 12)
        ]
        links = "".join(f'<li><a href="/n/{i}.html">往期新闻标题第{i}条</a></li>' for i in range(60))
        found = [
            f"<!doctype html><html><head><meta charset=utf-8><title>政策解读</title></head><body><nav><ul>{links}</ul></nav><article><h1>政策解读</h1>{body}</article><footer>{links}</footer></body></html>".encode()
            for body in lists
        ]
    return [found[i % len(found)] for i in range(count)]


def _whole_against_extraction(checker: Checker, samples: list[bytes]) -> Iterator[str]:
    for data in samples[:6]:  # warm up caches of both
        checker.check(read_article(data, name="page.html"))
    start = time.process_time()
    articles = [read_article(data, name="page.html") for data in samples]
    extraction = time.process_time() - start
    start = time.process_time()
    claims = sum(len(checker.check(a).verdicts) for a in articles)
    checking = time.process_time() - start
    whole = extraction + checking
    yield f"extraction alone: {extraction / len(samples) * 1000:.0f} ms a page; whole check: {whole / len(samples) * 1000:.0f} ms a page; ratio {whole / extraction:.2f} ({claims / len(samples):.0f} findings a page)"


def _cold_start() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "article.txt"
        path.write_text("职工医保个人账户将被取消。", encoding="utf-8")
        for name, arguments in (("checker --help", ["--help"]), ("checker check FILE", ["check", str(path)])):
            times = []
            for _ in range(3):
                start = time.perf_counter()
                subprocess.run(  # noqa: S603 - our own program
                    [sys.executable, "-m", "checker", *arguments], capture_output=True, check=False, env=os.environ
                )
                times.append(time.perf_counter() - start)
            yield f"cold start, {name}: {min(times):.2f} s"


def _large_book(checker: Checker, samples: list[bytes], large: int, say: Callable[[str], None]) -> Iterator[str]:
    rules = load_rules(())
    few = rules[:250]
    say(f"generating and indexing {large:,} rules ...")
    with tempfile.TemporaryDirectory() as folder:
        small = _book(few, Path(folder) / "small")
        start = time.perf_counter()
        big = _book(_generated(rules, large), Path(folder) / "big", say)
        yield f"building a book of {len(big.rules):,} rules: {time.perf_counter() - start:.0f} s"
        articles = [read_article(data, name="page.html") for data in samples[:10]]
        times = {}
        for name, book in (("small", small), ("big", big)):
            one = Checker(book, checker.encoder, checker.weigher, checker.today)
            one.check(articles[0])
            before = _resident()
            start = time.process_time()
            claims = sum(len(one.queries(a, one.today)) for a in articles)
            for a in articles:
                one.check(a)
            times[name] = (time.process_time() - start) / claims
            yield f"{len(book.rules):,} rules: {times[name] * 1000:.2f} ms a claim; memory while checking grew by {_resident() - before:.0f} MB to {_resident():.0f} MB"
        yield f"{large:,} rules against {len(small.rules)}: {times['big'] / times['small']:.2f} times the time per claim"


def _book(rules: Any, folder: Path, say: Callable[[str], None] = lambda _: None) -> RuleBook:
    from checker.match import RuleIndex
    from checker.text.lexicon import lexicon

    encoder = packaged_encoder()
    listed = list(rules)
    build_index(listed, encoder).save(folder)
    write_rules(folder / "book.sqlite", listed, {"digest": "benchmark", "encoder": encoder.name if encoder else ""})
    return RuleBook(StoredRules(folder / "book.sqlite"), RuleIndex.load(folder), lexicon(), "benchmark")


def _generated(rules: list[Rule], count: int) -> Iterator[Rule]:
    """Rules like ours with other figures and a made-up topic word each, without examples: two texts a rule."""
    heads = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
    yield from rules
    for i in range(count - len(rules)):
        base = rules[i % len(rules)]
        word = "".join(heads[(i // len(heads) ** k) % len(heads)] for k in range(3))
        version = base.versions[-1]
        statement = {
            "zh": f"{word}类事项：{version.statement['zh'].replace('2', str(i % 9))}",
            "en": f"For matters of class {i}: {version.statement['en']}",
        }
        made = replace(
            version, row=f"generated-{i}", statement=statement, misstatements=(), start=date(2020, 1, 1), end=None
        )
        yield replace(base, id=f"generated-{i}", versions=(made,), examples=(), succeeded_by=())


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _resident() -> float:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / _MB
