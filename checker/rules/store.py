"""Rules in one SQLite file: what `checker rules build` writes and every run reads.

A rule is a JSON row, read when it is first needed, so that a book of 100,000 rules costs no more memory than the rules a
claim is compared with.
"""

from __future__ import annotations

import functools
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, overload

from checker.text.quantity import parse_declared
from checker.types import CheckerError, Citation, Example, NamedQuantity, Phrasing, Relation, Rule, Source, Version

_SCHEMA = """
create table meta (key text primary key, value text not null);
create table rules (number integer primary key, id text not null unique, topic text not null, rule text not null);
create table documents (key text not null, number integer not null references rules, version integer not null, primary key (key, number, version)) without rowid;
create table names (name text primary key, number integer not null references rules);
"""
_CACHED = 4096


def write_rules(
    path: Path,
    rules: Iterable[Rule],
    meta: dict[str, str],
    document_keys: Callable[[Source], Iterable[str]] = lambda _: (),
) -> int:
    """Write rules, in order, to a new file; returns how many.

    `names` finds a rule by its id or by the row of a version, `documents` the versions that cite a document.
    """
    keys = functools.cache(lambda source: tuple(document_keys(source)))
    with sqlite3.connect(path) as db:
        db.executescript(_SCHEMA)
        db.executemany("insert into meta values (?, ?)", meta.items())
        count = 0
        for number, rule in enumerate(rules):
            db.execute(
                "insert into rules values (?, ?, ?, ?)",
                (number, rule.id, rule.topic, json.dumps(_plain(rule), ensure_ascii=False)),
            )
            db.executemany(
                "insert or ignore into names values (?, ?)",
                {(n, number) for n in (rule.id, *(v.row for v in rule.versions))},
            )
            cited = {
                (key, number, v)
                for v, version in enumerate(rule.versions)
                for c in version.citations
                for key in keys(c.source)
            }
            db.executemany("insert or ignore into documents values (?, ?, ?)", sorted(cited))
            count += 1
    db.close()
    return count


class StoredRules(Sequence[Rule]):
    """The rules of a file as a sequence.

    Raises:
        CheckerError: the file is missing or not a rule file.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise CheckerError(f"{path}: no such rule book")
        try:
            self._db = sqlite3.connect(
                f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            self.meta: dict[str, str] = dict(self._db.execute("select key, value from meta"))
            self._count: int = self._db.execute("select count(*) from rules").fetchone()[0]
        except sqlite3.DatabaseError as error:
            raise CheckerError(f"{path}: not a rule book ({error})") from error
        self._get = functools.lru_cache(maxsize=_CACHED)(self._read)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Rule: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Rule]: ...
    def __getitem__(self, index: int | slice) -> Rule | Sequence[Rule]:
        if isinstance(index, slice):
            return [self._get(i) for i in range(*index.indices(self._count))]
        if not 0 <= index < self._count:
            raise IndexError(index)
        return self._get(index)

    def __iter__(self) -> Iterator[Rule]:
        for (text,) in self._db.execute("select rule from rules order by number"):
            yield _rule(json.loads(text))

    def find(self, name: str) -> Rule | None:
        """The rule with an id, or the one a row was merged into."""
        row = self._db.execute("select number from names where name = ?", (name,)).fetchone()
        return self._get(row[0]) if row else None

    def citing(self, keys: Iterable[str]) -> Iterator[tuple[Rule, Version]]:
        """The rule versions that cite a document with any of the keys."""
        for key in keys:
            for number, version in self._db.execute("select number, version from documents where key = ?", (key,)):
                rule = self._get(number)
                yield rule, rule.versions[version]

    def _read(self, number: int) -> Rule:
        (text,) = self._db.execute("select rule from rules where number = ?", (number,)).fetchone()
        return _rule(json.loads(text))


def _plain(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "topic": rule.topic,
        "jurisdiction": rule.jurisdiction,
        "place": rule.place,
        "succeeded_by": list(rule.succeeded_by),
        "last_verified": rule.last_verified.isoformat(),
        "versions": [
            {
                "row": v.row,
                "start": _iso(v.start),
                "end": _iso(v.end),
                "statement": dict(v.statement),
                "verified": v.verified,
                "confidence": v.confidence,
                "population": sorted(v.population),
                "quantities": [[q.name, q.value, q.unit] for q in v.quantities],
                "misstatements": [dict(m) for m in v.misstatements],
                "caveats": v.caveats,
                "phrasings": [[p.lang, p.text, p.relation.value] for p in v.phrasings],
                "citations": [
                    [
                        [
                            c.source.key,
                            c.source.title,
                            c.source.issuer,
                            c.source.number,
                            c.source.date,
                            c.source.url,
                            c.source.kind,
                        ],
                        c.locator,
                        c.quote,
                        c.script,
                    ]
                    for c in v.citations
                ],
            }
            for v in rule.versions
        ],
        "examples": [[e.lang, e.text, e.relation.value, e.how, _iso(e.on)] for e in rule.examples],
    }


def _rule(data: dict[str, Any]) -> Rule:
    versions = tuple(
        Version(
            row=v["row"],
            start=_day(v["start"]),
            end=_day(v["end"]),
            statement=v["statement"],
            verified=v["verified"],
            confidence=v["confidence"],
            population=frozenset(v["population"]),
            quantities=tuple(
                NamedQuantity(name, value, unit, parse_declared(value, unit)) for name, value, unit in v["quantities"]
            ),
            misstatements=tuple(v["misstatements"]),
            caveats=v["caveats"],
            phrasings=tuple(Phrasing(lang, text, Relation(relation)) for lang, text, relation in v["phrasings"]),
            citations=tuple(
                Citation(Source(*source), locator, quote, script) for source, locator, quote, script in v["citations"]
            ),
        )
        for v in data["versions"]
    )
    return Rule(
        id=data["id"],
        topic=data["topic"],
        jurisdiction=data["jurisdiction"],
        versions=versions,
        last_verified=date.fromisoformat(data["last_verified"]),
        place=data["place"],
        succeeded_by=tuple(data["succeeded_by"]),
        examples=tuple(
            Example(lang, text, Relation(relation), how, _day(on)) for lang, text, relation, how, on in data["examples"]
        ),
    )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
