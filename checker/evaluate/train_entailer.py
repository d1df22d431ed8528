"""Makes the entailer's weights: `python -m checker.evaluate.train_entailer OUT` (needs the `train` extra; an hour on two cores).

The shipped weights took several runs on one `--state`, each on what had been written by then: six epochs in all on examples, pairs and
twins, then, an epoch each, the phrasings of the first wave with variants, the press sentences about made-up rules
(`--mix examples=0.2 variants=0.35 pairs=0.3 twins=0.3`), and all phrasings (`--mix examples=0 press=1.3 variants=0.8 pairs=0 twins=0.15`).

The pairs come from the examples and misstatements of the rules and from corpora/training; nothing labelled in
corpora/gold is read. One sentence of every rule, relation and language is held out: the weigher is fitted on those.
Every sentence is also set against a neighbouring rule that it says nothing about, so that how a sentence is worded
alone tells nothing, and some are shown with a line of context before them, as claims are.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from checker.data import read_yaml
from checker.evaluate.gate import gold_folder
from checker.evaluate.variants import variants
from checker.judge.weigh import CLASSES
from checker.models.training import Pair, train
from checker.pipeline import Checker, make_checker, version_for
from checker.types import Rule, Version

#: A sentence held out of training: row of the rule, language, text, class.
Held = tuple[str, str, str, int]
#: Relations as the corpora write them, in the order of the entailer's classes.
_RELATIONS = ("silent", "supported", "refuted")
_LANGS = ("zh", "en")
#: Shares of sentences set against a neighbour, shown with context, and against the statement in the other language.
_NEIGHBOUR, _CONTEXT, _ACROSS = 0.6, 0.25, 0.15
_NEAR = 5
#: Share of the press-style sentences about made-up rules that is held out.
_HELD = 0.08


@dataclass(frozen=True, slots=True)
class _Sentence:
    row: str
    lang: str
    text: str
    kind: int


def sentences(checker: Checker, folder: Path) -> Iterator[_Sentence]:
    """Every sentence about the built-in rules."""
    for rule in checker.book.rules:
        for e in rule.examples:
            version = rule.versions[version_for(rule, e.on or checker.today)]
            yield _Sentence(version.row or rule.id, e.lang, e.text, CLASSES.index(e.relation))
    for path in sorted(folder.glob("examples-*.yaml")):
        for row, kinds in read_yaml(path).items():
            for kind, found in kinds.items():
                for e in found:
                    yield _Sentence(row, e["lang"], e["text"], _RELATIONS.index(kind))


def pairs_about_rules(checker: Checker, folder: Path, dice: random.Random) -> tuple[list[Pair], list[Held]]:
    """Training pairs, and the sentences held out."""
    versions: dict[str, tuple[Rule, Version]] = {v.row or r.id: (r, v) for r in checker.book.rules for v in r.versions}
    found = [s for s in sentences(checker, folder) if s.row in versions]
    groups: dict[tuple[str, int, str], list[_Sentence]] = {}
    for s in found:
        groups.setdefault((s.row, s.kind, s.lang), []).append(s)
    held = {dice.choice(group) for group in groups.values() if len(group) > 1}
    train_ = []
    for s in found:
        rule, version = versions[s.row]
        own = version.statement[s.lang]
        if s in held:
            continue
        others = [s.text for s in groups.get((s.row, 0, s.lang), ()) if s not in held]
        shown = _in_context(s.text, s.lang, others, dice)
        train_.append((own, shown, s.kind))
        if dice.random() < _ACROSS:
            train_.append((version.statement[_other(s.lang)], s.text, s.kind))
        if dice.random() < _NEIGHBOUR:
            train_.append((_near(checker, rule, s.text, dice)[s.lang], shown, 0))
    for _, version in versions.values():
        for lang in _LANGS:
            train_ += [(version.statement[lang], m[lang], 2) for m in version.misstatements]
        train_.append((version.statement["zh"], version.statement["en"], 1))
    return train_, sorted((s.row, s.lang, s.text, s.kind) for s in held)


def pairs_in_press_style(checker: Checker, folder: Path, dice: random.Random) -> tuple[list[Pair], list[Held]]:
    """Pairs of the phrasings of our rules and of made-up ones, written as the press writes; some of the latter held out."""
    statements = dict(_statements(checker, folder))
    versions: dict[str, Rule] = {v.row or r.id: r for r in checker.book.rules for v in r.versions}
    rows = [
        (version.row or rule.id, told.lang, told.text, CLASSES.index(told.relation))
        for rule in checker.book.rules
        for version in rule.versions
        for told in version.phrasings
    ]
    rows += [
        (row, lang, text, kind)
        for path in sorted(folder.glob("press-*.yaml"))
        for row, langs in read_yaml(path).items()
        for lang, kinds in langs.items()
        for kind, name in enumerate(_RELATIONS)
        for text in kinds[name]
    ]
    silent: dict[tuple[str, str], list[str]] = {}
    for row, lang, text, kind in rows:
        if kind == 0:
            silent.setdefault((row, lang), []).append(text)
    train_: list[Pair] = []
    test: list[Held] = []
    beside = list(statements)
    for row, lang, text, kind in rows:
        if row not in versions and dice.random() < _HELD:
            test.append((row, lang, text, kind))
            continue
        shown = _in_context(text, lang, silent.get((row, lang), ()), dice)
        train_.append((statements[row][lang], shown, kind))
        if dice.random() < _ACROSS:
            train_.append((statements[row][_other(lang)], text, kind))
        if dice.random() < (_NEIGHBOUR if kind else _NEIGHBOUR / 2):
            rule = versions.get(row)
            other = (
                _near(checker, rule, text, dice)[lang]
                if rule is not None
                else statements[beside[beside.index(row) - 1]][lang]
            )
            train_.append((other, shown, 0))
    return train_, test


def pairs_of_variants(checker: Checker, folder: Path, dice: random.Random) -> Iterator[Pair]:
    """Every statement against pieces of itself, right and turned round."""
    swaps = read_yaml(folder / "swaps.yaml")
    statements = [s for _, s in _statements(checker, folder)]
    for number, statement in enumerate(statements):
        for lang in _LANGS:
            for text, kind in variants(statement[lang], lang, swaps, dice):
                yield statement[_other(lang) if dice.random() < _ACROSS else lang], text, kind
                if dice.random() < _NEIGHBOUR / 2:
                    yield statements[number - 1][lang], text, 0


def _statements(checker: Checker, folder: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """What every rule says, by row: our own and those made up for training."""
    for rule in checker.book.rules:
        for version in rule.versions:
            yield version.row or rule.id, version.statement
    for path in sorted([*folder.glob("pairs-*.yaml"), *folder.glob("twins-*.yaml")]):
        for made in read_yaml(path):
            yield made["id"], made


def _near(checker: Checker, rule: Rule, text: str, dice: random.Random) -> Mapping[str, str]:
    """The statement of another rule that a text might be taken to speak of."""
    near = [r for r, _ in checker.search(text, _NEAR + 1) if r.id != rule.id and rule.id not in r.succeeded_by]
    other = dice.choice(near)
    return other.versions[version_for(other, checker.today)].statement


def pairs_about_others(folder: Path, kind: str, dice: random.Random) -> Iterator[Pair]:
    """Pairs on rules made up for training; `kind` is the kind of file: pairs, or twins (which differ in one thing)."""
    for path in sorted(folder.glob(f"{kind}-*.yaml")):
        rules: list[dict[str, Any]] = read_yaml(path)
        for number, rule in enumerate(rules):
            beside = rules[number - 1]
            for relation, name in enumerate(_RELATIONS):
                for lang in _LANGS:
                    for text in rule[name][lang]:
                        shown = _in_context(text, lang, rule["silent"][lang], dice)
                        yield rule[lang], shown, relation
                        if dice.random() < _ACROSS:
                            yield rule[_other(lang)], text, relation
                        if dice.random() < _NEIGHBOUR / 2:
                            yield beside[lang], shown, 0


def _in_context(text: str, lang: str, before: Sequence[str], dice: random.Random) -> str:
    lines = [b for b in before if b != text]
    return f"{dice.choice(lines)[:80]}：{text}" if lines and dice.random() < _CONTEXT else text


def _other(lang: str) -> str:
    return "en" if lang == "zh" else "zh"


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, export and say how well the held-out sentences are told apart."""
    parser = argparse.ArgumentParser(description="Train the entailer on the sentences of this checkout.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument(
        "--mix", nargs="*", default=[], metavar="KIND=SHARE", help="how much to take of a kind of pairs (default 1)"
    )
    parser.add_argument("--average", action="store_true", help="ship the mean of the weights before and after")
    parser.add_argument("--state", type=Path, help="start from this state and keep the newest here")
    options = parser.parse_args(arguments)
    folder = gold_folder().parent / "training"
    dice = random.Random(5)
    checker = make_checker()
    about, held = pairs_about_rules(checker, folder, dice)
    press, held_press = pairs_in_press_style(checker, folder, dice)
    statements = dict(_statements(checker, folder))
    tests = [[(statements[row][lang], text, kind) for row, lang, text, kind in part] for part in (held, held_press)]
    kinds: dict[str, Sequence[Pair]] = {
        "examples": about,
        "press": press,
        "variants": list(pairs_of_variants(checker, folder, dice)),
        "pairs": list(pairs_about_others(folder, "pairs", dice)),
        "twins": list(pairs_about_others(folder, "twins", dice)),
    }
    shares = dict.fromkeys(kinds, 1.0) | {k: float(v) for k, _, v in (part.partition("=") for part in options.mix)}
    rows = [pair for kind, pairs in kinds.items() for pair in _take(pairs, shares[kind], dice)]
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "held.json").write_text(json.dumps(held, ensure_ascii=False, indent=0), encoding="utf-8")
    sys.stderr.write(
        f"{len(rows)} pairs, classes {np.bincount([r[2] for r in rows])}, held out {len(held)} + {len(held_press)}\n"
    )
    p = train(rows, options.epochs, options.out, [*tests[0], *tests[1]], options.state, options.average)
    _tell("examples", tests[0], p[: len(held)])
    _tell("press", tests[1], p[len(held) :])


def _take(pairs: Sequence[Pair], share: float, dice: random.Random) -> list[Pair]:
    """So many copies of some pairs, and a sample for what is left over."""
    whole = int(share)
    return [*pairs] * whole + dice.sample(pairs, round((share - whole) * len(pairs)))


def _tell(kind: str, held: Sequence[Pair], p: Any) -> None:
    """Print how well held-out sentences are told apart."""
    from sklearn.metrics import roc_auc_score

    y = np.array([h[2] for h in held])
    zh = np.array([any("一" <= c <= "鿿" for c in h[1]) for h in held])
    for name, mask in (("zh", zh), ("en", ~zh)):
        said = mask & (y > 0)
        auc = roc_auc_score(y[said] == 2, (p[:, 2] / (p[:, 1] + p[:, 2]))[said])
        sys.stderr.write(
            f"{kind} {name}: right {np.mean(p[mask].argmax(1) == y[mask]):.3f}, contradicts against supports, AUC {auc:.3f}\n"
        )


if __name__ == "__main__":
    main()
