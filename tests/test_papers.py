import re
from pathlib import Path

import click
import pytest

from filterdns import cli
from filterdns.blocklists import builtin
from filterdns.household import document
from filterdns.policy.category import CHOICES
from filterdns.policy.compile import compile_policy

TOP = Path(__file__).parents[1]
README = (TOP / "README.md").read_text()
PAPERS = sorted(TOP.glob("*.md"))


@pytest.mark.parametrize("words", sorted(set(re.findall(r"filterdns ([a-z]+(?: (?:import|export))?)\b", README))))
def test_every_command_of_the_readme_is_there(words: str) -> None:
    command: click.Command = cli.cli
    for word in words.split():
        assert isinstance(command, click.Group)
        assert word in command.commands
        command = command.commands[word]


def test_the_household_of_the_readme_can_be_imported() -> None:
    [text] = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    knowledge = builtin.knowledge()
    household = document.read(text.encode(), "README.md", knowledge.services)
    policy = compile_policy(household, knowledge, 1)
    assert {view.person for view in policy.views} == {"Lea", "Sam", "Parents", "Guests"}


@pytest.mark.parametrize("category", CHOICES)
def test_every_category_stands_in_the_readme(category: str) -> None:
    assert f"`{category}`" in README


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_make_targets_and_linked_files_are_there(paper: Path) -> None:
    text = paper.read_text()
    makefile = (TOP / "Makefile").read_text()
    for target in re.findall(r"(?:`|^    )make ([a-z]+)", text, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (paper.parent / link).exists(), link
