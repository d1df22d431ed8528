"""claims_db YAML to rules: strict, and loud about what is wrong and where.

A rule pack is a folder with `sources/*.yaml` (one official document each) and `rules/**/*.yaml` (one rule each); it may
cite the built-in sources. Versions are keyed by the day they start; the next key ends them, and the word `ended` closes
a rule without a successor. Every version carries its own citations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from checker.data import read_yaml
from checker.text.quantity import parse_declared
from checker.types import CheckerError, Citation, Example, NamedQuantity, Phrasing, Relation, Rule, Source, Version

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
ID = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
M = TypeVar("M", bound=BaseModel)
ENDED = "ended"
UNKNOWN = "unknown"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceFile(_Model):
    """`sources/<key>.yaml`."""

    title: Text
    issuer: Text | None = None
    number: Text | None = None
    date: Annotated[str, StringConstraints(pattern=r"^\d{4}(-\d{2}){0,2}$")] | None = None
    url: Annotated[str, StringConstraints(pattern=r"^https?://")] | None = None
    kind: Literal[
        "statute-text",
        "official-page",
        "official-notice-mirror",
        "press-report",
        "third-party-verification-record",
        "third-party-page",
        "seed-article",
        "not-found",
    ]


class Bilingual(_Model):
    """The same sentence in both languages, in our own words."""

    zh: Text
    en: Text


class QuantityField(_Model):
    """A figure of a rule: name, value, unit."""

    name: Text
    value: Annotated[str, StringConstraints(pattern=r"^-?\d+(\.\d+)?$")]
    unit: Text


class CitationField(_Model):
    """A pinpoint: which source, where in it, its words. `seen_at` is provenance and never printed."""

    source: Text
    locator: Text | None = None
    quote: Annotated[str, StringConstraints(min_length=1, max_length=120)] | None = None
    script: Text | None = None
    seen_at: Text | None = None


class Telling(_Model):
    """Sentences in both languages."""

    zh: list[Text] = []
    en: list[Text] = []


class PhrasingsField(_Model):
    """How a version is told in the press: right, wrong, and beside the point."""

    supported: Telling = Telling()
    refuted: Telling = Telling()
    silent: Telling = Telling()


class VersionField(_Model):
    """What the rule says from its key on."""

    row: ID
    statement: Bilingual
    population: Annotated[list[Text], Field(min_length=1)]
    verified: Literal["true", "false"]
    confidence: Literal["high", "medium", "low", "none"]
    quantities: list[QuantityField] = []
    misstatements: list[Bilingual] = []
    caveats: Text | None = None
    citations: Annotated[list[CitationField], Field(min_length=1)]
    phrasings: PhrasingsField = PhrasingsField()


class ExampleField(_Model):
    """A test sentence; `how` names what differs in a refuted one, `on` the day it is judged on (default: today, or the
    nearest day on which a version holds)."""

    lang: Literal["zh", "en"]
    text: Text
    how: Literal["polarity", "quantity", "period", "scope", "modality", "completeness", "other"] | None = None
    on: Day | None = None


class ExamplesField(_Model):
    """Sentences the rule supports, refutes, or does not decide."""

    supported: list[ExampleField] = []
    refuted: list[ExampleField] = []
    silent: list[ExampleField] = []


class RuleFile(_Model):
    """`rules/<area>/<id>.yaml`."""

    id: ID
    topic: Text
    jurisdiction: Annotated[str, StringConstraints(pattern=r"^CN(-(\d{2}|XX)(-[A-Z]{2,4})?)?$")]
    place: Text | None = None
    last_verified: Day
    succeeded_by: list[ID] = []
    versions: Annotated[dict[str, VersionField | Literal["ended"]], Field(min_length=1)]
    examples: ExamplesField = ExamplesField()


@dataclass(frozen=True, slots=True)
class Pack:
    """The rules and sources of one folder."""

    root: Path
    sources: Mapping[str, Source]
    rules: tuple[Rule, ...]


def load_pack(root: Path, known_sources: Mapping[str, Source] | None = None) -> Pack:
    """Read a rule pack.

    Raises:
        CheckerError: anything unreadable, misspelt, missing, doubled or out of order; names the file and the key.
    """
    if not (root / "rules").is_dir():
        raise CheckerError(f"{root}: not a rule pack: it has no folder rules/")
    sources = dict(known_sources or {})
    own = {path.stem: _source(path) for path in sorted((root / "sources").glob("*.yaml"))}
    sources.update(own)
    rules = []
    seen: dict[str, Path] = {}
    for path in sorted((root / "rules").rglob("*.y*ml")):
        rule = read_rule(path, sources)
        if rule.id in seen:
            raise CheckerError(f"{path}: id: '{rule.id}' is already used by {seen[rule.id]}")
        seen[rule.id] = path
        rules.append(rule)
    if not rules:
        raise CheckerError(f"{root}: not a rule pack: no rule files under rules/")
    return Pack(root, own, tuple(rules))


def read_rule(path: Path, sources: Mapping[str, Source]) -> Rule:
    """Read one rule file against the sources it may cite."""
    data = validate(RuleFile, read_yaml(path), path)
    if data.id != path.stem:
        raise CheckerError(f"{path}: id: '{data.id}' must equal the file name '{path.stem}'")
    return build_rule(data, sources, path)


def build_rule(data: RuleFile, sources: Mapping[str, Source], path: Path) -> Rule:
    """A `Rule` from validated fields; checks dates and references."""
    keys = list(data.versions)
    for i, key in enumerate(keys):
        if key == UNKNOWN and i:
            raise CheckerError(f"{path}: versions.{key}: an unknown start can only come first")
        if key != UNKNOWN:
            _day(key, path, f"versions.{key}")
    dated = [k for k in keys if k != UNKNOWN]
    if dated != sorted(dated):
        raise CheckerError(f"{path}: versions: keys must stand in order of their days")
    versions = []
    for i, key in enumerate(keys):
        field = data.versions[key]
        if field == ENDED:
            if i == 0:
                raise CheckerError(f"{path}: versions.{key}: a rule cannot begin with 'ended'")
            continue
        assert isinstance(field, VersionField)
        end = date.fromisoformat(keys[i + 1]) if i + 1 < len(keys) else None
        start = None if key == UNKNOWN else date.fromisoformat(key)
        versions.append(_version(field, start, end, sources, path, f"versions.{key}"))
    examples = tuple(
        Example(e.lang, e.text, relation, e.how, _day(e.on, path, "examples") if e.on else None)
        for relation, rows in (
            (Relation.SUPPORTS, data.examples.supported),
            (Relation.CONTRADICTS, data.examples.refuted),
            (Relation.SILENT, data.examples.silent),
        )
        for e in rows
    )
    return Rule(
        id=data.id,
        topic=data.topic,
        jurisdiction=data.jurisdiction,
        versions=tuple(versions),
        last_verified=_day(data.last_verified, path, "last_verified"),
        place=data.place,
        succeeded_by=tuple(data.succeeded_by),
        examples=examples,
    )


def _version(
    field: VersionField, start: date | None, end: date | None, sources: Mapping[str, Source], path: Path, key: str
) -> Version:
    citations = []
    for i, cite in enumerate(field.citations):
        source = sources.get(cite.source)
        if source is None:
            raise CheckerError(f"{path}: {key}.citations.{i}.source: no source '{cite.source}' in sources/")
        citations.append(Citation(source, cite.locator, cite.quote, cite.script))
    if field.verified == "true" and not any(c.quote for c in citations):
        raise CheckerError(f"{path}: {key}.verified: a verified version needs at least one quote")
    return Version(
        row=field.row,
        start=start,
        end=end,
        statement={"zh": field.statement.zh, "en": field.statement.en},
        citations=tuple(citations),
        verified=field.verified == "true",
        confidence=field.confidence,
        population=frozenset(field.population),
        quantities=tuple(
            NamedQuantity(q.name, q.value, q.unit, parse_declared(q.value, q.unit)) for q in field.quantities
        ),
        misstatements=tuple({"zh": m.zh, "en": m.en} for m in field.misstatements),
        caveats=field.caveats,
        phrasings=tuple(
            Phrasing(lang, text, relation)
            for relation, told in (
                (Relation.SUPPORTS, field.phrasings.supported),
                (Relation.CONTRADICTS, field.phrasings.refuted),
                (Relation.SILENT, field.phrasings.silent),
            )
            for lang, texts in (("zh", told.zh), ("en", told.en))
            for text in texts
        ),
    )


def _source(path: Path) -> Source:
    data = validate(SourceFile, read_yaml(path), path)
    return Source(path.stem, data.title, data.issuer, data.number, data.date, data.url, data.kind)


def validate(model: type[M], data: Any, path: Path) -> M:
    """`data` as `model`; a CheckerError names the file and the first wrong key."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = min(error.errors(), key=lambda e: -len(e["loc"]))  # the deepest message of a union says most
        key = ".".join(str(p) for p in first["loc"] if p not in ("VersionField", "literal['ended']"))
        message = "unknown key" if first["type"] == "extra_forbidden" else first["msg"][:1].lower() + first["msg"][1:]
        got = first.get("input")
        shown = f" (got {got!r})" if isinstance(got, str) and len(got) < 60 else ""
        raise CheckerError(f"{path}: {key or 'file'}: {message}{shown}") from error


def _day(text: str, path: Path, key: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CheckerError(f"{path}: {key}: '{text}' is not a day (YYYY-MM-DD)") from error


def ends_before(day: date) -> str:
    """The key that closes a version whose last day is `day`."""
    return (day + timedelta(days=1)).isoformat()


def used_sources(rules: Iterable[Rule]) -> set[str]:
    """Keys of the sources that the rules cite."""
    return {c.source.key for r in rules for v in r.versions for c in v.citations}
