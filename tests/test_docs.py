"""The README: every command in it exists with the options it shows, every file and picture it names is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from checker.cli import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    part.strip()
    for block in re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    for part in re.split(r"&&|\|", line.split(" #", maxsplit=1)[0])
    if part.strip().startswith("checker ")
]


def test_there_are_commands():
    assert len(COMMANDS) > 12


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_exist_with_their_options(line):
    words = shlex.split(line)[1:]
    command: click.Command = main
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(click.Context(command), words.pop(0))
        assert found is not None, line
        command = found
    known = {o for p in command.params for o in (*p.opts, *p.secondary_opts)}
    for word in words:
        if word.startswith("-") and len(word) > 1:
            assert word.split("=")[0] in known, (line, word)


@pytest.mark.parametrize("name", re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README))
def test_pictures_are_there(name):
    assert (ROOT / name).is_file()


@pytest.mark.parametrize(
    "name", sorted(set(re.findall(r"(?:corpora|notebooks|tests|claims_db)/[\w./-]+\.\w+", README)))
)
def test_files_are_there(name):
    assert (ROOT / name).exists()


def test_every_top_level_command_is_in_the_readme():
    for name in main.commands:
        assert f"checker {name}" in README, name
