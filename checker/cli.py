"""The command line. Data goes to stdout, messages and progress to stderr; every body only calls the library.

Exit codes: 0 nothing flagged, 1 something flagged, 2 bad input or usage.
"""

from __future__ import annotations

import functools
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from checker.types import CheckerError

if TYPE_CHECKING:
    from checker.pipeline import Checker
    from checker.types import Report, Rule

FORMATS = ("text", "json", "jsonl", "html", "csv", "claimreview")
_F = TypeVar("_F", bound=Callable[..., Any])


class _Day(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"'{value}' is not a day (YYYY-MM-DD)", param, ctx)


DAY = _Day()


class _Group(click.Group):
    """Prints our errors, and click's, as one line."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            result = super().main(*args, **{**kwargs, "standalone_mode": False})
        except click.exceptions.Exit as leave:
            sys.exit(leave.exit_code)
        except click.ClickException as error:
            where = f"{error.ctx.command_path}: " if isinstance(error, click.UsageError) and error.ctx else "checker: "
            click.echo(f"{where}{error.format_message()}", err=True)
            sys.exit(2)
        except CheckerError as error:
            click.echo(f"checker: {error}", err=True)
            sys.exit(2)
        except (KeyboardInterrupt, click.Abort):
            click.echo("checker: interrupted", err=True)
            sys.exit(130)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(141)
        sys.exit(result if isinstance(result, int) else 0)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="checker", message="checker %(version)s")
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="CHECKER_CONFIG",
    help="TOML file of defaults: encoder, entailer, weigher, rules, lang [default: ~/.config/checker/config.toml].",
)
@click.pass_context
def main(context: click.Context, config: Path | None) -> None:
    """Check policy claims in Chinese and English articles against dated official rules.

    \b
    checker check article.html
    checker check https://example.org/news/1 --format html -o report.html
    checker rules search 个人账户
    """
    defaults = _read_config(config)
    names = {"rules": "packs"}
    chosen = {names.get(k, k.replace("-", "_")): v for k, v in defaults.items()}
    context.default_map = {"check": chosen, "eval": chosen}


_CONFIG_KEYS = dict.fromkeys(("encoder", "entailer", "weigher", "llm-url", "llm-model", "lang"), str) | {"rules": list}


def _read_config(given: Path | None) -> dict[str, Any]:
    """Defaults from the configuration file; none where there is no file and none was named."""
    import tomllib

    path = given or Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "checker" / "config.toml"
    if given is None and not path.is_file():
        return {}
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckerError(f"{path}: {error}") from error
    for key, value in found.items():
        if key not in _CONFIG_KEYS:
            raise CheckerError(f"{path}: {key}: no such setting (known: {', '.join(_CONFIG_KEYS)})")
        if not isinstance(value, _CONFIG_KEYS[key]):
            raise CheckerError(f"{path}: {key}: must be a {'list of folders' if key == 'rules' else 'string'}")
    return found


def _models_option(function: _F) -> _F:
    """The options that name models, handed on as one argument: `make_checker` with them filled in."""

    @functools.wraps(function)
    def with_models(
        *args: Any,
        encoder: str | None,
        entailer: str | None,
        weigher: Path | None,
        llm_url: str | None,
        llm_model: str | None,
        **kwargs: Any,
    ) -> Any:
        from checker.pipeline import make_checker

        reader = _second_reader(llm_url, llm_model)
        made = functools.partial(
            make_checker, say=_say, encoder=encoder, entailer=entailer, weigher=weigher, reader=reader
        )
        return function(*args, make=made, **kwargs)

    wrapped: Any = with_models
    for name, text in (
        ("weigher", "Weigher file fitted for other models (checker.evaluate.fit)."),
        ("entailer", "NLI cross-encoder instead of the packaged one: a folder or a model name."),
        (
            "llm-url",
            "Have decided claims read again by a model at this OpenAI-compatible address (key: CHECKER_LLM_KEY).",
        ),
        ("llm-model", "Its model."),
        ("encoder", "Sentence encoder instead of the packaged one: a folder or a model name."),
    ):
        kind = click.Path(path_type=Path) if name == "weigher" else click.STRING
        metavar = {"weigher": "FILE", "llm-url": "URL"}.get(name, "MODEL")
        wrapped = click.option(f"--{name}", type=kind, metavar=metavar, help=text)(wrapped)
    return cast("_F", wrapped)


def _second_reader(url: str | None, model: str | None) -> Any:
    if url is None and model is None:
        return None
    if url is None or model is None:
        raise CheckerError("--llm-url and --llm-model go together")
    from checker.judge.second import OpenAIReader

    return OpenAIReader(url, model, os.environ.get("CHECKER_LLM_KEY"))


def _rules_option(function: _F) -> _F:
    return click.option(
        "--rules",
        "packs",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="Add a rule pack beside the built-in rules (repeatable), or use a book made by 'rules build'.",
    )(function)


@main.command()
@click.argument("inputs", nargs=-1, metavar="INPUT...")
@click.option("--text", "texts", multiple=True, metavar="T", help="Check this text (repeatable).")
@click.option("--published", type=DAY, help="The day the article was published, where it does not say.")
@click.option("--as-of", type=DAY, help="Judge the article as of this day instead of its own.")
@click.option("--today", type=DAY, help="Replay another day as today.")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="PATH",
    help="Write the report here instead of stdout.",
)
@_rules_option
@_models_option
@click.option("--lang", type=click.Choice(["zh", "en"]), help="Language of the report [default: the article's].")
@click.option("--color/--no-color", default=None, help="Colours [default: on a terminal].")
@click.option("--allow-private", is_flag=True, help="Also fetch private and loopback addresses (an intranet).")
@click.option("--ignore-robots", is_flag=True, help="Fetch a page that robots.txt forbids (one you have a right to).")
@click.option("--no-snapshot", is_flag=True, help="Do not keep fetched pages as evidence.")
@click.option(
    "--timeout",
    type=click.FloatRange(1, 600),
    default=30.0,
    show_default=True,
    help="Seconds one page may take in all.",
)
def check(
    inputs: tuple[str, ...],
    texts: tuple[str, ...],
    published: date | None,
    as_of: date | None,
    today: date | None,
    format_: str,
    output: Path | None,
    packs: tuple[Path, ...],
    make: Callable[..., Checker],
    lang: str | None,
    color: bool | None,
    allow_private: bool,
    ignore_robots: bool,
    no_snapshot: bool,
    timeout: float,
) -> int:
    """Check articles: a URL, an HTML, text or PDF file, a .jsonl of articles, or - for standard input.

    \b
    checker check https://example.org/news/1
    checker check page.html notes.pdf --format json
    checker check --text "2024年起取消职工医保个人账户"
    cat articles.jsonl | checker check - --format jsonl

    Exit status: 0 nothing flagged, 1 something flagged, 2 an input that could not be read (the others are still reported).
    """
    if not inputs and not texts:
        raise click.UsageError("give an INPUT (a URL, a file or -) or --text", ctx=click.get_current_context())
    from checker.inputs import read_inputs

    checker = make(packs, today)
    articles = read_inputs(
        inputs,
        texts,
        published,
        allow_private=allow_private,
        robots=not ignore_robots,
        keep=not no_snapshot,
        deadline=timeout,
    )
    with _Writer(format_, output, lang, color) as writer:
        bad = False
        for item in _progress(articles, writer.streams):
            if isinstance(item, CheckerError):
                click.echo(f"checker: {item}", err=True)
                bad = True
                continue
            writer.add(checker.check(item, as_of))
    return 2 if bad else 1 if writer.flagged else 0


class _Writer:
    """Writes reports as they come where the format allows it, else at the end; a file appears whole or not at all."""

    def __init__(self, format_: str, output: Path | None, lang: str | None, color: bool | None) -> None:
        self._format = format_
        self._output = output
        self._part = output.with_name(f".{output.name}.{os.getpid()}.part") if output else None
        terminal = sys.stdout.isatty() and output is None
        self._options = {
            "lang": lang,
            "color": terminal and not os.environ.get("NO_COLOR") if color is None else color,
            "width": _width() if terminal else None,
        }
        self._kept: list[Report] = []
        self._count = 0
        self.streams = terminal
        self.flagged = False

    def __enter__(self) -> _Writer:
        try:
            self._file = self._part.open("w", encoding="utf-8", newline="") if self._part else None
        except OSError as error:
            raise CheckerError(f"{self._output}: cannot be written: {error.strerror or error}") from error
        return self

    def add(self, report: Report) -> None:
        """Take one report."""
        self.flagged = self.flagged or any(v.flagged for v in report.verdicts)
        if self._format in ("text", "jsonl", "csv"):
            from checker.report import render

            extra = {"no_header": True} if self._format == "csv" and self._count else {}
            lead = "\n" if self._format == "text" and self._count else ""
            self._write(lead + render(self._format, [report], **self._options, **extra))
        else:
            self._kept.append(report)
        self._count += 1

    def _write(self, text: str) -> None:
        if self._file is not None:
            self._file.write(text)
        else:
            click.echo(text, nl=False, color=True)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and self._format not in ("text", "jsonl", "csv"):
            from checker.report import render

            self._write(render(self._format, self._kept, **self._options))
        if self._file is not None and self._part is not None and self._output is not None:
            self._file.close()
            if kind is None:
                self._part.replace(self._output)
            else:
                self._part.unlink(missing_ok=True)


def _width() -> int:
    import shutil

    return max(60, min(120, shutil.get_terminal_size().columns))


def _say(message: str) -> None:
    click.echo(f"checker: {message}", err=True)


def _progress(items: Iterable[Any], streaming: bool) -> Iterator[Any]:
    """Items with a bar on stderr when there is a terminal to look at it and the reports do not scroll past themselves."""
    if streaming or not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task("checking", total=None)
        for item in items:
            yield item
            bar.update(task, advance=1, description=f"checked {str(getattr(item, 'id', ''))[:60]}")


# --------------------------------------------------------------------------- rules


@main.group()
def rules() -> None:
    """Look at the rules, test them, add some.

    \b
    checker rules search 产假
    checker rules show RULE-ID --on 2024-01-31
    """


@rules.command("list")
@click.option("--topic", help="Only rules whose topic begins so, for example pension.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@_rules_option
def rules_list(topic: str | None, format_: str, packs: tuple[Path, ...]) -> None:
    """List rules: id, topic, state today, statement."""
    from checker.rulebook import load_rules

    found = [r for r in load_rules(packs) if not topic or r.topic.startswith(topic)]
    _show_rules(found, format_)


@rules.command("show")
@click.argument("rule_id", metavar="ID")
@click.option("--on", "on", type=DAY, help="The version in force on this day only.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@_rules_option
def rules_show(rule_id: str, on: date | None, format_: str, packs: tuple[Path, ...]) -> None:
    """Show a rule with its versions, citations and misstatements. ID may be that of a superseded row."""
    from checker.rulebook import load_rules
    from checker.rules.show import rule_text

    rule = next((r for r in load_rules(packs) if r.id == rule_id or any(v.row == rule_id for v in r.versions)), None)
    if rule is None:
        raise CheckerError(f"no rule '{rule_id}' (try: checker rules search {rule_id})")
    if on is not None and rule.at(on) is None:
        click.echo(f"{rule.id}: no version is in force on {on}")
        return
    if format_ == "json":
        _show_rules([rule], "json")
    else:
        click.echo(rule_text(rule, on, date.today()), nl=False)


@rules.command("search")
@click.argument("text")
@click.option("-n", "limit", type=click.IntRange(1, 100), default=10, show_default=True, help="How many to show.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@_rules_option
def rules_search(text: str, limit: int, format_: str, packs: tuple[Path, ...]) -> None:
    """Find rules by what they are about, in Chinese or English."""
    from checker.pipeline import make_checker

    _show_rules([r for r, _ in make_checker(packs, say=_say).search(text, limit)], format_)


@rules.command("lint")
@click.argument("packs", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--examples/--no-examples", default=True, help="Also run every example sentence through the real pipeline."
)
def rules_lint(packs: tuple[Path, ...], examples: bool) -> int:
    """Check rule packs (default: the built-in rules): schema, references, dates, quotes, examples.

    \b
    checker rules lint my-rules/
    """
    from checker.evaluate.lint import lint

    problems = 0
    for level, message in lint(packs, examples, _say):
        click.echo(f"{level}: {message}")
        problems += level == "error"
    click.echo(f"{problems} error(s)", err=True)
    return 2 if problems else 0


@rules.command("import")
@click.argument("tables", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--to", "to", required=True, type=click.Path(path_type=Path), metavar="DIR", help="New folder for the rule pack."
)
@click.option(
    "--checked", type=DAY, help="The day somebody last compared the table with the documents [default: today]."
)
def rules_import(tables: tuple[Path, ...], to: Path, checked: date | None) -> None:
    """Turn tables of rules (YAML) into a rule pack, ready for --rules.

    \b
    checker rules import traffic.yaml --to traffic-pack
    checker check article.html --rules traffic-pack
    """
    from checker.rules.importer import import_tables

    count = import_tables(tables, to, checked)
    click.echo(f"{to}: {count} rules", err=True)


@rules.command("build")
@click.argument("packs", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--to", "to", required=True, type=click.Path(path_type=Path), metavar="DIR", help="New folder for the book."
)
def rules_build(packs: tuple[Path, ...], to: Path) -> None:
    """Build the built-in rules and PACKS into one indexed book (SQLite and arrays) for --rules.

    \b
    checker rules build my-rules/ --to book
    checker check article.html --rules book
    """
    from checker.models.encoder import packaged_encoder
    from checker.rulebook import build_rulebook

    count = build_rulebook(packs, to, packaged_encoder())
    click.echo(f"{to}: {count} rules", err=True)


def _show_rules(found: Sequence[Rule], format_: str) -> None:
    from checker.rules.show import rule_json, rule_line

    today = date.today()
    if format_ == "json":
        click.echo(json.dumps([rule_json(r) for r in found], ensure_ascii=False, indent=2))
    else:
        for rule in found:
            click.echo(rule_line(rule, today))


# --------------------------------------------------------------------------- evaluation


@main.command("eval")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE]...")
@click.option(
    "--errors", is_flag=True, help="List every false flag, missed flag and wrong label with what each comparator said."
)
@click.option("--update", is_flag=True, help="Pin the figures reached as the new floors. Never lowers one.")
@click.option("--allow-regression", is_flag=True, help="With --update: also lower floors.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--contrast", is_flag=True, help="Score contrast statements (default: corpora/contrast) instead.")
@click.option("--today", type=DAY, help="Replay another day as today.")
@_rules_option
@_models_option
def eval_(
    files: tuple[Path, ...],
    errors: bool,
    update: bool,
    allow_regression: bool,
    format_: str,
    contrast: bool,
    today: date | None,
    packs: tuple[Path, ...],
    make: Callable[..., Checker],
) -> int:
    """Score labelled articles (default: corpora/gold against its pinned floors).

    FILE is a .jsonl of articles with labelled claims, or of one labelled statement a line (corpora/gold/README.md).

    \b
    checker eval
    checker eval labelled.jsonl --errors
    checker eval --contrast
    """
    from checker.evaluate.gate import run_gate
    from checker.evaluate.score import score_files

    checker = make(packs, today)
    if contrast:
        from checker.evaluate.contrast import contrast_files, read_contrasts, score_contrasts

        rows = [row for path in files or contrast_files() for row in read_contrasts(path)]
        scored = score_contrasts(checker, rows, _say)
        click.echo(json.dumps(scored.figures(), indent=2) if format_ == "json" else scored.render(errors), nl=False)
        return 0
    if files:
        click.echo(score_files(checker, files, errors).render(format_), nl=False)
        return 0
    outcome = run_gate(checker, update, allow_regression, errors, _say)
    click.echo(outcome.render(format_), nl=False)
    return 0 if outcome.passed else 1


@main.command()
@click.option(
    "--pages", type=click.IntRange(1, 1000), default=40, show_default=True, help="Pages for the extraction ratio."
)
@click.option(
    "--large",
    type=click.IntRange(1000, 1_000_000),
    default=100_000,
    show_default=True,
    help="Rules of the large generated book.",
)
@click.option("--skip-large", is_flag=True, help="Leave the large book out (building it takes minutes).")
@click.option("--accuracy", is_flag=True, help="Instead compare accuracy and speed with baselines, on gold statements.")
@click.option(
    "--peers",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="PYTHON",
    help="With --accuracy: also groundrails, by the interpreter of a virtualenv that has it.",
)
def benchmarks(pages: int, large: int, skip_large: bool, accuracy: bool, peers: Path | None) -> None:
    """Measure speed and memory in one run and print ratios.

    Whole check against extraction alone, cold start, 250 against --large rules, peak memory.

    \b
    checker benchmarks --skip-large
    checker benchmarks --accuracy --peers ~/peers/bin/python
    """
    if accuracy:
        from checker.evaluate.peers import compare_peers
        from checker.pipeline import make_checker

        for line in compare_peers(make_checker(say=_say), peers, _say):
            click.echo(line)
        return
    from checker.benchmark import run_benchmarks

    for line in run_benchmarks(pages, None if skip_large else large, _say):
        click.echo(line)
