"""Scores on labelled articles: flags, labels, stances, per language, with every error by name.

A labelled statement is met by the findings that cover at least half of the shorter of the two spans. It is *to be
flagged* when the article asserts it and the verdict is contradicted or outdated. A flag on a statement that is refuted,
supported or not covered is a false alarm; `misleading` counts neither way, nor do disputed statements.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checker.ingest import article_from_json
from checker.pipeline import Checker
from checker.text.script import fold
from checker.types import Article, CheckerError, Label, Report, Span, Stance, Verdict

STANCES = {
    "asserts": Stance.ASSERTED,
    "refutes": Stance.REFUTED,
    "reports-neutrally": Stance.REPORTED,
    "asks": Stance.ASKED,
}
VERDICTS = {
    v.value: v for v in (Label.CONTRADICTED, Label.OUTDATED, Label.SUPPORTED, Label.MISLEADING, Label.NOT_COVERED)
}
#: Labels of statements that are wrong today.
WRONG = frozenset({Label.CONTRADICTED, Label.OUTDATED})


@dataclass(frozen=True, slots=True)
class Statement:
    """A labelled statement and what checker said of it."""

    article: str
    lang: str
    text: str
    stance: Stance
    verdict: Label
    rules: tuple[str, ...]
    disputed: bool
    hits: tuple[Verdict, ...]
    why: str = ""

    @property
    def due(self) -> bool:
        """Whether it is to be flagged."""
        return self.stance is Stance.ASSERTED and self.verdict in WRONG

    @property
    def scored(self) -> bool:
        """Whether a flag on it counts at all."""
        neutral = self.stance in (Stance.REPORTED, Stance.ASKED) and self.verdict in WRONG
        return not (self.disputed or self.verdict is Label.MISLEADING or neutral)

    @property
    def flagged(self) -> bool:
        return any(v.flagged for v in self.hits)

    @property
    def retrieved(self) -> bool:
        """Whether a rule that decides it was among those compared with it."""
        found = {name for v in self.hits for r in v.considered for name in (r.id, *(x.row for x in r.versions))}
        return bool(found & set(self.rules))

    @property
    def label(self) -> Label | None:
        """The label that counts: the right one if any finding has it, else that of the first finding."""
        labels = [v.label for v in self.hits]
        return self.verdict if self.verdict in labels else (labels[0] if labels else None)

    def fault(self) -> str | None:
        """What is wrong, or None: false flag, missed flag, wrong label; and the stage at fault."""
        if self.scored and self.flagged and not self.due:
            return f"false flag ({self.stance.value}, {self.verdict.value})"
        if self.scored and self.due and not self.flagged:
            return f"missed flag: {self.stage()}"
        if (
            self.scored
            and self.rules
            and self.stance is Stance.ASSERTED
            and self.verdict is Label.SUPPORTED
            and self.label is not Label.SUPPORTED
        ):
            return f"label: {self.stage()}"
        return None

    def stage(self) -> str:
        """Where a statement that was not flagged, or not labelled right, was lost."""
        if not self.hits:
            return "finding the claim"
        if self.due and any(v.label in WRONG for v in self.hits):
            return "stance"
        if not self.rules:
            return "no rule"
        return "comparison" if self.retrieved else "retrieval"


@dataclass(slots=True)
class Score:
    """Figures over many statements."""

    statements: list[Statement] = field(default_factory=list)
    extra: list[tuple[str, str, Verdict]] = field(
        default_factory=list
    )  # flags on nothing labelled: article, kind, finding
    articles: int = 0

    def figures(self, lang: str | None = None) -> dict[str, float]:
        """The figures by name, for one language or all. Shares are 0..1; a share of nothing is 1."""
        rows = [s for s in self.statements if lang is None or s.lang.startswith(lang)]
        scored = [s for s in rows if s.scored]
        due = [s for s in scored if s.due]
        ruled = [s for s in due if s.rules]
        hit = sum(s.flagged for s in due)
        false = sum(s.flagged for s in scored if not s.due)
        labelled = [
            s
            for s in rows
            if s.rules and not s.disputed and s.stance is Stance.ASSERTED and s.verdict in (*WRONG, Label.SUPPORTED)
        ]
        refuted = [s for s in rows if s.stance is Stance.REFUTED]
        return {
            "statements": len(rows),
            "to be flagged": len(due),
            "false flags": false,
            "precision": share(hit, hit + false),
            "recall": share(hit, len(due)),
            "recall ruled": share(sum(s.flagged for s in ruled), len(ruled)),
            "false flags on refuted": sum(s.flagged for s in scored if s.stance is Stance.REFUTED),
            "refuted seen": share(
                sum(any(v.claim.stance is Stance.REFUTED for v in s.hits) for s in refuted), len(refuted)
            ),
            "label accuracy": share(sum(s.label is s.verdict for s in labelled), len(labelled)),
            "rule retrieved": share(sum(s.retrieved for s in rows if s.rules), sum(bool(s.rules) for s in rows)),
            "stance accuracy": share(
                sum(any(v.claim.stance is s.stance for v in s.hits) for s in rows if s.hits),
                sum(bool(s.hits) for s in rows),
            ),
        }

    def render(self, format_: str = "text", errors: bool = False) -> str:
        """The figures as a table (or JSON), and the errors one by one."""
        langs = [None, *sorted({s.lang[:2] for s in self.statements})]
        if format_ == "json":
            return (
                json.dumps(
                    {(lang or "all"): self.figures(lang) for lang in langs}
                    | {"flags on unlabelled text": len(self.extra), "articles": self.articles},
                    ensure_ascii=False,
                    indent=2,
                )
                + "\n"
            )
        lines = [f"{'':<26}" + "".join(f"{lang or 'all':>10}" for lang in langs)]
        table = {lang: self.figures(lang) for lang in langs}
        for name in table[None]:
            cells = (table[lang][name] for lang in langs)
            lines.append(f"{name:<26}" + "".join(f"{c:>10.3f}" if isinstance(c, float) else f"{c:>10}" for c in cells))
        lines.append(f"{'flags on unlabelled text':<26}{len(self.extra):>10}   in {self.articles} articles")
        lost = Counter(s.stage() for s in self.statements if s.scored and s.due and s.rules and not s.flagged)
        ruled = sum(s.scored and s.due and bool(s.rules) for s in self.statements)
        lines.append(
            f"of {ruled} to be flagged by a rule: {ruled - lost.total()} flagged"
            + "".join(f", {n} lost at {stage}" for stage, n in lost.most_common())
        )
        if errors:
            lines += ["", *self._errors()]
        return "\n".join(lines) + "\n"

    def _errors(self) -> Iterator[str]:
        for s in self.statements:
            fault = s.fault()
            if fault:
                yield f"{fault} | {s.article} [{s.lang}] {_flat(s.text)}"
                if s.rules:
                    yield f"    gold: {s.verdict.value} by {', '.join(s.rules)} {s.why}"
                for v in s.hits[:3]:
                    yield from _said(v)
        for article, kind, v in self.extra:
            yield f"flag on unlabelled text | {article} [{kind}]"
            yield from _said(v)


def score_files(checker: Checker, files: Sequence[Path], errors: bool = False) -> _Rendered:
    """Check every article of labelled files and score the findings."""
    score = Score()
    for path in files:
        for row in read_labelled(path):
            add_report(score, row, checker.check(labelled_article(row)))
    return _Rendered(score, errors)


@dataclass(frozen=True, slots=True)
class _Rendered:
    score: Score
    errors: bool

    def render(self, format_: str) -> str:
        return self.score.render(format_, self.errors)


def read_labelled(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a labelled file: articles with `claims`, or one statement a line.

    Raises:
        CheckerError: not such a file; names the line and the key.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CheckerError(f"{path}: cannot be read: {error}") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise CheckerError(f"{path}: line {number}: is not JSON") from error
        if "claims" not in row:  # one statement a line
            for key in ("text", "span", "stance", "verdict"):
                if key not in row:
                    raise CheckerError(f"{path}: line {number}: {key}: missing")
            rules = row.get("rule_ids") or ([row["rule_id"]] if row.get("rule_id") else [])
            row["claims"] = [
                {"span": row["span"], "stance": row["stance"], "verdict": row["verdict"], "rule_ids": rules}
            ]
        for claim in row["claims"]:
            if claim.get("stance") not in STANCES:
                raise CheckerError(
                    f"{path}: line {number}: stance: '{claim.get('stance')}' is none of {', '.join(STANCES)}"
                )
            if claim.get("verdict") not in VERDICTS:
                raise CheckerError(
                    f"{path}: line {number}: verdict: '{claim.get('verdict')}' is none of {', '.join(VERDICTS)}"
                )
        yield row


def labelled_article(row: Mapping[str, Any]) -> Article:
    """The article of a labelled row."""
    return article_from_json({k: row.get(k) for k in ("id", "url", "title", "published", "lang", "text")})


def add_report(score: Score, row: Mapping[str, Any], report: Report) -> None:
    """Match the findings of a report with the labelled statements of its article."""
    score.articles += 1
    claimed: set[int] = set()
    for claim in row["claims"]:
        where = locate(report.article.text, claim["span"])
        hits = [v for v in report.verdicts if where is not None and meets(where, v.claim.span)]
        claimed |= {id(v) for v in hits}
        score.statements.append(
            Statement(
                article=str(row.get("id")),
                lang=str(row.get("lang") or report.article.lang),
                text=claim["span"],
                stance=STANCES[claim["stance"]],
                verdict=VERDICTS[claim["verdict"]],
                rules=tuple(claim.get("rule_ids") or ()),
                disputed=bool(claim.get("disputed")),
                hits=tuple(hits),
                why=str(claim.get("why") or "")[:160],
            )
        )
    score.extra += [
        (str(row.get("id")), str(row.get("kind")), v) for v in report.verdicts if v.flagged and id(v) not in claimed
    ]


def locate(text: str, span: str) -> Span | None:
    """Where a labelled span stands in a text, white space, width and script aside; None if nowhere."""
    places = [i for i, c in enumerate(text) if not c.isspace()]
    bare = fold("".join(text[i] for i in places)).lower()
    wanted = fold("".join(span.split())).lower()
    at = bare.find(wanted)
    if at < 0 or not wanted:
        return None
    return Span(places[at], places[at + len(wanted) - 1] + 1)


def meets(a: Span, b: Span) -> bool:
    """Whether two spans share at least half of the shorter one."""
    shared = min(a.end, b.end) - max(a.start, b.start)
    return shared > 0 and shared * 2 >= min(len(a), len(b))


def share(part: float, whole: float) -> float:
    """A share of the whole; 1 of nothing."""
    return part / whole if whole else 1.0


def _flat(text: str) -> str:
    return " ".join(text.split())[:160]


def _said(v: Verdict) -> Iterator[str]:
    rules = [e.rule.id for e in v.evidence] or ([f"nearest {v.nearest.rule.id}"] if v.nearest else [])
    yield f"    got : {v.label.value} {v.confidence:.2f} {v.claim.stance.value}{f' ({v.claim.cue})' if v.claim.cue else ''} {', '.join(rules[:3])} | {_flat(v.claim.text)[:90]}"
    for e in (*v.evidence[:1], *((v.nearest,) if v.nearest else ())):
        for c in e.comparisons:
            yield f"          {c.reason.value} {c.relation.value} {c.strength:.2f} {c.claimed} / {c.ruled}"
