"""Where our data lies, and the one strict way to read it.

YAML is read as strings only: plain YAML turns `0402` into 258, `no` into False and keeps the last of two equal keys
without a word. Every error names the file and the key.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from checker.types import CheckerError

_Base: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class _StrictLoader(_Base):  # type: ignore[misc]
    """Strings only; a key given twice is an error."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[str, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be plain text", key_node.start_mark)
            if key_node.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key '{key_node.value}' is given twice", key_node.start_mark
                )
            seen.add(key_node.value)
        return dict(super().construct_mapping(node, deep=deep))


def read_yaml(path: Path) -> Any:
    """Parse a UTF-8 YAML file into dicts, lists and strings (empty values are '').

    Raises:
        CheckerError: the file cannot be read or is not strict YAML; the message names file, line and key.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CheckerError(f"{path}: cannot be read: {error}") from error
    try:
        return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a BaseLoader: strings only, no tags
    except yaml.MarkedYAMLError as error:
        line = f" line {error.problem_mark.line + 1}:" if error.problem_mark else ""
        raise CheckerError(f"{path}:{line} {error.problem}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise CheckerError(f"{path}: {error}") from error


def claims_db() -> Path:
    """The built-in rule base: inside an installed package, or beside it in a source checkout."""
    here = Path(__file__).resolve().parent
    for folder in (here / "claims_db", here.parent / "claims_db"):
        if (folder / "lexicon").is_dir():
            return folder
    raise CheckerError("the built-in claims_db is missing: reinstall checker")


def cache_dir() -> Path:
    """A private, writable folder for things that can be made again ($CHECKER_CACHE, else the user's cache folder)."""
    root = os.environ.get("CHECKER_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache"), "checker"
    )
    folder = Path(root)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise CheckerError(
            f"{folder}: cannot make the cache folder: {error}; set CHECKER_CACHE to a writable one"
        ) from error
    return folder
