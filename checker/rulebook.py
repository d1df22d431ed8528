"""The rules of several packs as one book: stored, indexed, kept in the cache under the digest of what it was made from.

Building takes seconds (every text is analysed and encoded), opening a tenth of one. `checker rules build` makes a book to
keep; every other run makes one in the cache when the rules have changed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from checker.data import cache_dir, claims_db
from checker.judge.documents import document_keys
from checker.match import RuleIndex, build_index
from checker.models.encoder import Encoder
from checker.rules.load import load_pack
from checker.rules.store import StoredRules, write_rules
from checker.text.lexicon import Lexicon, lexicon
from checker.types import CheckerError, Rule, Source

_FILE = "book.sqlite"
#: Raised when the analysis or the index changes what is stored.
_FORMAT = 3


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Rules with their index and vocabulary. `digest` names exactly what was compared with."""

    rules: StoredRules
    index: RuleIndex
    lexicon: Lexicon
    digest: str


def open_rulebook(
    packs: Sequence[Path] = (), encoder: Encoder | None = None, say: Callable[[str], None] = lambda _: None
) -> RuleBook:
    """The built-in rules and those of `packs` (folders), or a single book made by `build_rulebook`.

    Raises:
        CheckerError: a pack or book that cannot be read; names file and key.
    """
    if len(packs) == 1 and (packs[0] / _FILE).is_file():
        return _open(packs[0], ())
    for pack in packs:
        if (pack / _FILE).is_file():
            raise CheckerError(f"{pack}: a built book holds all its rules: give it alone")
    digest = _digest(packs, encoder)
    folder = cache_dir() / "rulebooks" / digest[7:31]
    if not (folder / _FILE).is_file():
        build_rulebook(packs, folder, encoder, say)
    return _open(folder, tuple(packs))


def build_rulebook(
    packs: Sequence[Path], to: Path, encoder: Encoder | None, say: Callable[[str], None] = lambda _: None
) -> int:
    """Write the book of the built-in rules and `packs` into the folder `to`, whole or not at all; returns its size in rules."""
    if to.exists() and any(to.iterdir()):
        raise CheckerError(f"{to}: is not empty: choose a new folder")
    rules = load_rules(packs)
    book = lexicon(tuple(p.resolve() for p in packs))
    say("indexing the rules (once for each change of the rules) ...")
    part = to.with_name(f"{to.name}.{os.getpid()}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        build_index(rules, encoder, book).save(part)
        count = write_rules(
            part / _FILE,
            rules,
            {"digest": _digest(packs, encoder), "encoder": encoder.name if encoder else ""},
            lambda source: document_keys(source, book),
        )
        shutil.rmtree(to, ignore_errors=True)
        part.rename(to)
    except OSError as error:
        if not (to / _FILE).is_file():  # not merely a run beside us that was faster
            raise CheckerError(f"{to}: cannot be written: {error}") from error
        count = len(rules)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return count


def load_rules(packs: Sequence[Path]) -> list[Rule]:
    """The rules of the built-in base and of `packs`; an id given twice is an error."""
    rules: list[Rule] = []
    sources: dict[str, Source] = {}
    seen: dict[str, Path] = {}
    for root in (claims_db(), *packs):
        pack = load_pack(root, sources)
        sources |= pack.sources
        for rule in pack.rules:
            if rule.id in seen:
                raise CheckerError(f"{root}: id: '{rule.id}' is already used by {seen[rule.id]}")
            seen[rule.id] = root
            rules.append(rule)
    for rule in rules:
        for successor in rule.succeeded_by:
            if successor not in seen:
                raise CheckerError(f"{seen[rule.id]}: {rule.id}: succeeded_by: no rule '{successor}'")
    return rules


def _open(folder: Path, packs: tuple[Path, ...]) -> RuleBook:
    rules = StoredRules(folder / _FILE)
    index = RuleIndex.load(folder)
    if index.rule_count != len(rules):
        raise CheckerError(f"{folder}: the index does not belong to these rules: build the book again")
    return RuleBook(rules, index, lexicon(tuple(p.resolve() for p in packs)), rules.meta["digest"])


def _digest(packs: Sequence[Path], encoder: Encoder | None) -> str:
    """A digest of every rule, source and vocabulary file, and of what reads them."""
    state = hashlib.sha256(f"{version('checker')}/{_FORMAT}/{encoder.name if encoder else '-'}".encode())
    for root in (claims_db(), *packs):
        if not root.is_dir():
            raise CheckerError(f"{root}: no such rule pack")
        for path in sorted(root.rglob("*.y*ml")):
            state.update(str(path.relative_to(root)).encode())
            state.update(hashlib.sha256(path.read_bytes()).digest())
    return f"sha256:{state.hexdigest()}"
