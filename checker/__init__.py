"""checker: policy claims in Chinese and English articles against dated official rules.

from checker import make_checker, read_article
report = make_checker().check(read_article(Path("article.html").read_bytes()))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checker.types import Article, CheckerError, Claim, Evidence, Label, Report, Rule, Stance, Verdict

if TYPE_CHECKING:
    from checker.ingest import article_from_text, read_article
    from checker.pipeline import Checker, make_checker
    from checker.report import render

__version__ = "0.1.0"
__all__ = [
    "Article",
    "Checker",
    "CheckerError",
    "Claim",
    "Evidence",
    "Label",
    "Report",
    "Rule",
    "Stance",
    "Verdict",
    "article_from_text",
    "make_checker",
    "read_article",
    "render",
]

_LAZY = {
    "Checker": "checker.pipeline",
    "make_checker": "checker.pipeline",
    "read_article": "checker.ingest",
    "article_from_text": "checker.ingest",
    "render": "checker.report",
}


def __getattr__(name: str) -> Any:
    """Heavy modules are imported on first use, so that `import checker` costs nothing."""
    if name in _LAZY:
        import importlib

        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'checker' has no attribute '{name}'")
