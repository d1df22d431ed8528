"""The command line: exit codes, one-line errors, formats, several inputs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from checker.cli import main

TRUE = "职工医保个人账户结余归个人所有，可以结转使用，不会年底清零。"
FALSE = "职工医保个人账户余额年底清零，要赶紧刷完。"


def run(*arguments: str, stdin: bytes | None = None):
    result = CliRunner().invoke(main, [str(a) for a in arguments], input=stdin)
    assert "Traceback" not in result.stderr, result.stderr
    return result


def check(*arguments: str, **kwargs):
    return run("check", "--today", "2026-11-21", *arguments, **kwargs)


def test_nothing_flagged_is_0_and_something_is_1():
    assert check("--text", TRUE).exit_code == 0
    assert check("--text", FALSE).exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check"], "give an INPUT"),
        (["check", "nowhere.html"], "nowhere.html: no such file"),
        (["check", "file:///etc/passwd"], "only http and https"),
        (["check", "http://127.0.0.1:1/"], "not a public address"),
        (["check", "--text", "x", "--format", "pdf"], "'pdf' is not one of"),
        (["check", "--text", "x", "--published", "yesterday"], "'yesterday' is not a day"),
        (["check", "--text", " "], "--text: is empty"),
        (["check", "--text", "x", "--rules", "nowhere"], "nowhere: no such rule pack"),
        (["check", "."], "is a folder"),
        (["chekc"], "No such command"),
        (["rules", "show", "no-such-rule"], "no rule 'no-such-rule'"),
        (["eval", "nowhere.jsonl"], "nowhere.jsonl: cannot be read"),
    ],
)
def test_bad_usage_is_2_and_one_line(arguments, message):
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""
    assert len([line for line in result.stderr.splitlines() if not line.startswith("checker: indexing")]) == 1


def test_good_inputs_are_reported_beside_a_bad_one(tmp_path):
    (tmp_path / "good.txt").write_text(FALSE)
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "binary.txt").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "cut.pdf").write_bytes(b"%PDF-1.4 nothing")
    result = check(
        *(str(tmp_path / n) for n in ("empty.txt", "good.txt", "binary.txt", "cut.pdf")), "--format", "jsonl"
    )
    assert result.exit_code == 2
    assert [json.loads(line)["article"]["id"] for line in result.stdout.splitlines()] == ["good.txt"]
    assert sorted(line.split(": ")[1].rsplit("/", 1)[-1] for line in result.stderr.splitlines()) == [
        "binary.txt",
        "cut.pdf",
        "empty.txt",
    ]


def test_jsonl_in_and_out_bad_lines_named(tmp_path):
    path = tmp_path / "articles.jsonl"
    path.write_text(
        "\n".join(
            [
                json.dumps({"id": "1", "text": TRUE}),
                "{broken",
                json.dumps({"id": "3"}),
                json.dumps({"id": "4", "text": FALSE, "published": "2024-01-31"}),
            ]
        )
    )
    result = check(str(path), "--format", "jsonl")
    assert [json.loads(line)["article"]["id"] for line in result.stdout.splitlines()] == ["1", "4"]
    assert "line 2: is not JSON" in result.stderr
    assert "line 3: text: missing" in result.stderr
    assert result.exit_code == 2


def test_standard_input_may_be_text_html_or_jsonl():
    assert json.loads(check("-", "--format", "json", stdin=FALSE.encode()).stdout)["summary"]["flagged"] == 1
    page = f"<html><head><title>余额通知</title></head><body><article><h1>余额通知</h1><p>{FALSE}</p><p>{FALSE}</p></article></body></html>"
    assert (
        json.loads(check("-", "--format", "json", stdin=page.encode("gb18030")).stdout)["article"]["title"]
        == "余额通知"
    )
    assert (
        json.loads(check("-", "--format", "jsonl", stdin=json.dumps({"id": "x", "text": FALSE}).encode()).stdout)[
            "article"
        ]["id"]
        == "x"
    )


@pytest.mark.parametrize("format_", ["text", "json", "jsonl", "html", "csv", "claimreview"])
def test_every_format_goes_to_a_file_whole(tmp_path, format_):
    out = tmp_path / "report"
    result = check("--text", FALSE, "--format", format_, "-o", str(out))
    assert (result.exit_code, result.stdout) == (1, "")
    assert out.stat().st_size > 100
    assert [p.name for p in tmp_path.iterdir()] == ["report"]


def test_a_place_that_cannot_be_written_is_said():
    result = check("--text", FALSE, "-o", "/no/such/folder/report")
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


def test_a_page_is_fetched_read_and_kept(site, tmp_path, monkeypatch):
    monkeypatch.setenv("CHECKER_DATA", str(tmp_path))
    site.pages["/a.html"] = (
        f"<html><head><title>余额通知来了</title></head><body><article><h1>余额通知来了</h1><p>{FALSE}</p><p>{FALSE}</p></article></body></html>".encode()
    )
    result = check(site.url + "/a.html", "--allow-private", "--format", "json")
    data = json.loads(result.stdout)
    assert (result.exit_code, data["article"]["url"]) == (1, site.url + "/a.html")
    assert (tmp_path / "evidence" / f"{data['article']['snapshot']}.bin").exists()


def test_published_and_as_of_move_the_day():
    text = "自2025年5月10日起，结婚登记不再要求户口簿。"
    assert (
        json.loads(check("--text", text, "--published", "2019-06-01", "--format", "json").stdout)["article"]["as_of"]
        == "2019-06-01"
    )
    assert (
        json.loads(
            check("--text", text, "--published", "2019-06-01", "--as-of", "2026-01-01", "--format", "json").stdout
        )["article"]["as_of"]
        == "2026-01-01"
    )


def test_rules_commands():
    listed = run("rules", "list", "--topic", "pension")
    assert listed.exit_code == 0
    assert "pen-retire-age-targets" in listed.stdout
    shown = run("rules", "show", "pen-retire-age-old")
    assert "← today" in shown.stdout
    assert "1978-05-24 → 2025-01-01" in shown.stdout
    assert "no version is in force" in run("rules", "show", "mi-msl-vbp", "--on", "2026-01-01").stdout
    assert (
        json.loads(run("rules", "show", "pen-retire-age-old", "--format", "json").stdout)[0]["id"]
        == "pen-retire-age-targets"
    )
    assert "lab-maternity-98" in run("rules", "search", "产假多少天", "-n", "3").stdout
    assert "lab-maternity-98" in run("rules", "search", "how long is maternity leave", "-n", "3").stdout


def test_a_pack_from_a_table_is_used_at_once(tmp_path):
    table = tmp_path / "fees.yaml"
    table.write_text(
        yaml.safe_dump(
            [
                {
                    "id": "ex-ferry", "statement_zh": "渡轮乘客可以免费携带一辆折叠自行车。", "statement_en": "Ferry passengers may take one folding bicycle free of charge.", "population": ["all"], "jurisdiction": "CN",
                    "effective_from": "2020-01-01", "effective_to": None, "quantities": [], "verified": True, "confidence": "high", "common_misstatements": [{"zh": "渡轮上带折叠自行车要另外收费", "en": "Ferries charge extra for a folding bicycle"}],
                    "sources": [{"title": "渡轮办法", "issuer": "某局", "number": None, "date": "2020-01-01", "article": "第三条", "quote": "可免费携带折叠自行车一辆", "url": None, "seen_at": "x", "source_kind": "statute-text"}],
                }
            ],
            allow_unicode=True,
        )
    )  # fmt: skip
    pack = tmp_path / "pack"
    assert run("rules", "import", str(table), "--to", str(pack)).exit_code == 0
    result = check("--text", "坐渡轮带折叠自行车需要另外收费。", "--rules", str(pack), "--format", "json")
    evidence = json.loads(result.stdout)["findings"][0]["evidence"]
    assert evidence[0]["rule"] == "ex-ferry"
    assert run("rules", "build", str(pack), "--to", str(tmp_path / "book")).exit_code == 0
    assert (
        json.loads(
            check(
                "--text", "坐渡轮带折叠自行车需要另外收费。", "--rules", str(tmp_path / "book"), "--format", "json"
            ).stdout
        )["findings"][0]["evidence"][0]["rule"]
        == "ex-ferry"
    )


def test_a_broken_rule_file_names_itself(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "x.yaml").write_text("id: x\ntopic: [unclosed")
    result = check("--text", TRUE, "--rules", str(tmp_path))
    assert result.exit_code == 2
    assert "x.yaml" in result.stderr


def test_every_command_has_help_with_an_example():
    for command in (
        [],
        ["check"],
        ["rules"],
        ["rules", "list"],
        ["rules", "show"],
        ["rules", "search"],
        ["rules", "lint"],
        ["rules", "import"],
        ["rules", "build"],
        ["eval"],
        ["benchmarks"],
    ):
        result = run(*command, "--help")
        assert result.exit_code == 0
        assert "Usage:" in result.stdout


def test_a_closed_pipe_is_no_error():
    process = subprocess.run(
        f"{sys.executable} -m checker rules list | head -1",
        shell=True,
        check=False,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent,
    )
    assert "Traceback" not in process.stderr
