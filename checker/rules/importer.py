"""A table of rules (the schema of shared/rules/README.md) to a rule pack of source and rule files.

Rows that replace one another (`superseded_by`) become dated versions of one rule, named after the newest row; a row
that a rule of another jurisdiction replaced stays a rule of its own and names its successor.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from checker.data import read_yaml
from checker.rules.load import ENDED, UNKNOWN, RuleFile, SourceFile, ends_before, load_pack, validate
from checker.types import CheckerError

Row = dict[str, Any]
_REQUIRED = ("id", "statement_zh", "statement_en", "population", "jurisdiction", "sources", "verified", "confidence")
_KNOWN = {
    *_REQUIRED,
    "effective_from",
    "effective_to",
    "superseded_by",
    "quantities",
    "common_misstatements",
    "topic",
    "caveats",
}
_NOTE = re.compile(
    r"^\s*[（(][^（）()]*[）)]\s*"
)  # a leading bracket is a remark on the row (“(Old)”, “（待核）”), not part of the rule

_SPEAKS_OF_NOW = re.compile(r"现在|仍|以后|至今|\b(?:still|now|since|after)\b", re.IGNORECASE)


def import_tables(tables: Iterable[Path], to: Path, checked: date | None = None) -> int:
    """Write the rule pack for `tables` into folder `to` and return how many rules it holds.

    The pack is written whole or not at all, and has been read back once. `checked` becomes `last_verified`
    (default: today).

    Raises:
        CheckerError: a row that is incomplete, unknown keys, chains of rows that overlap in time, or a folder in the way.
    """
    if to.exists() and any(to.iterdir()):
        raise CheckerError(f"{to}: is not empty: choose a new folder")
    rows: dict[str, Row] = {}
    areas: dict[str, str] = {}
    for table in tables:
        for index, row in enumerate(_rows(table)):
            _check(row, table, index)
            if row["id"] in rows:
                raise CheckerError(f"{table}: row {index + 1}: id: '{row['id']}' is given twice")
            rows[row["id"]] = row
            areas[row["id"]] = table.stem.replace("_", "-")
    if not rows:
        raise CheckerError("nothing to import: the tables hold no rows")
    sources: dict[tuple[str, ...], str] = {}
    files: dict[Path, dict[str, Any]] = {}
    for group, successor in _groups(rows):
        newest = group[-1]
        area = areas[newest["id"]]
        topic = f"{area}/{newest['topic']}" if newest.get("topic") else area
        data = _rule(group, successor, topic, sources, checked or date.today())
        path = to / "rules" / area / f"{newest['id']}.yaml"
        validate(RuleFile, data, path)
        files[path] = data
    for identity, key in sources.items():
        path = to / "sources" / f"{key}.yaml"
        data = {k: v for k, v in zip(("title", "issuer", "number", "date", "url", "kind"), identity, strict=True) if v}
        validate(SourceFile, data, path)
        files[path] = data
    for path, data in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dump(data), encoding="utf-8")
    return len(load_pack(to).rules)


def dump(data: dict[str, Any]) -> str:
    """Our YAML: keys in the order given, Unicode as it is, long lines folded."""
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=160)


def _rows(table: Path) -> list[Row]:
    data = read_yaml(table)
    if not isinstance(data, list) or not all(isinstance(r, dict) for r in data):
        raise CheckerError(f"{table}: must be a list of rules")
    return [{k: _none(v) for k, v in row.items()} for row in data]


def _none(value: Any) -> Any:
    """YAML's null and the empty value are None; the strict reader gives them as text."""
    return None if value in ("null", "~", "") else value


def _check(row: Row, table: Path, index: int) -> None:
    where = f"{table}: row {index + 1} ({row.get('id', '?')})"
    for key in _REQUIRED:
        if row.get(key) in (None, [], ""):
            raise CheckerError(f"{where}: {key}: missing")
    for key in row:
        if key not in _KNOWN:
            raise CheckerError(f"{where}: {key}: unknown key")
    for key in ("effective_from", "effective_to"):
        if row.get(key):
            try:
                date.fromisoformat(row[key])
            except ValueError as error:
                raise CheckerError(f"{where}: {key}: '{row[key]}' is not a day (YYYY-MM-DD)") from error


def _jurisdiction(row: Row) -> tuple[str, str | None]:
    code, _, place = str(row["jurisdiction"]).partition(" ")
    return code, place.strip("() ") or None


def _groups(rows: dict[str, Row]) -> list[tuple[list[Row], str | None]]:
    """Chains of rows that replace one another in the same jurisdiction, oldest first, with a foreign successor if any."""
    chains: dict[str, list[Row]] = {}
    successors: dict[str, str | None] = {}
    for row in rows.values():
        last, successor = row, None
        visited = {row["id"]}
        while next_id := last.get("superseded_by"):
            if next_id not in rows:
                raise CheckerError(f"{row['id']}: superseded_by: no row '{next_id}'")
            if next_id in visited:
                raise CheckerError(f"{row['id']}: superseded_by: the rows replace one another in a circle")
            if _jurisdiction(rows[next_id]) != _jurisdiction(last):
                successor = next_id
                break
            visited.add(next_id)
            last = rows[next_id]
        chains.setdefault(last["id"], []).append(row)
        successors[last["id"]] = successor
    groups = []
    for name, chain in chains.items():
        chain.sort(key=lambda r: (r.get("effective_from") or "", r["id"] == name))
        for old, new in itertools.pairwise(chain):
            if not new.get("effective_from") or (old.get("effective_to") or "") >= new["effective_from"]:
                raise CheckerError(
                    f"{old['id']} and {new['id']}: the rows overlap in time, so they cannot be versions of one rule"
                )
        groups.append((chain, successors[name]))
    return groups


def _rule(
    group: list[Row], successor: str | None, topic: str, sources: dict[tuple[str, ...], str], checked: date
) -> dict[str, Any]:
    newest = group[-1]
    code, place = _jurisdiction(newest)
    versions: dict[str, Any] = {}
    for row, following in zip(group, [*group[1:], None], strict=True):
        if following is not None:
            _hand_on(row, following)
        versions[row.get("effective_from") or UNKNOWN] = _version(row, sources)
        if row.get("effective_to"):
            end = ends_before(date.fromisoformat(row["effective_to"]))
            if following is None or end != following["effective_from"]:
                versions[end] = ENDED
    data: dict[str, Any] = {"id": newest["id"], "topic": topic, "jurisdiction": code}
    if place:
        data["place"] = place
    data["last_verified"] = checked.isoformat()
    if successor:
        data["succeeded_by"] = [successor]
    data["versions"] = versions
    return data


def _hand_on(row: Row, following: Row) -> None:
    """A misstatement that tells a superseded rule as still valid is one about the row that replaced it."""
    wrong = row.get("common_misstatements") or []
    late = [m for m in wrong if _SPEAKS_OF_NOW.search(m["zh"]) or _SPEAKS_OF_NOW.search(m["en"])]
    row["common_misstatements"] = [m for m in wrong if m not in late]
    following["common_misstatements"] = [*(following.get("common_misstatements") or []), *late]


def _version(row: Row, sources: dict[tuple[str, ...], str]) -> dict[str, Any]:
    version: dict[str, Any] = {
        "row": row["id"],
        "statement": {lang: _NOTE.sub("", row[f"statement_{lang}"]).strip() for lang in ("zh", "en")},
        "population": row["population"],
        "verified": row["verified"],
        "confidence": row["confidence"],
    }
    if row.get("quantities"):
        version["quantities"] = row["quantities"]
    if row.get("common_misstatements"):
        version["misstatements"] = row["common_misstatements"]
    if row.get("caveats"):
        version["caveats"] = row["caveats"]
    version["citations"] = []
    for source in row["sources"]:
        source = {k: _none(v) for k, v in source.items()}
        cite = {
            "source": _source_key(source, sources),
            "locator": source.get("article"),
            "quote": source.get("quote"),
            "script": source.get("quote_script"),
            "seen_at": source.get("seen_at"),
        }
        version["citations"].append({k: v for k, v in cite.items() if v is not None})
    return version


def _source_key(source: Row, sources: dict[tuple[str, ...], str]) -> str:
    identity = tuple(str(source.get(k) or "") for k in ("title", "issuer", "number", "date", "url", "source_kind"))
    if identity not in sources:
        name = re.sub(r"[^\w〔〕]+", "", source.get("number") or source["title"])[:32]
        key, n = name, 1
        while key in sources.values():
            n += 1
            key = f"{name}-{n}"
        sources[identity] = key
    return sources[identity]
