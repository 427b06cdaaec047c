import re
from pathlib import Path

import click
import pytest

from filterdns import cli
from filterdns.blocklists import builtin, catalogue
from filterdns.household import document
from filterdns.policy.category import CHOICES
from filterdns.policy.compile import compile_policy
from filterdns.policy.rules import Lists, ListSize

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


def test_the_readme_counts_lists_as_the_catalogue_does() -> None:
    sizes = (ListSize.SMALL, ListSize.NORMAL, ListSize.LARGE)
    chosen = [catalogue.chosen(Lists(size=size), 0) for size in sizes]
    names = [sum(entry.names for entry in lists) for lists in chosen]
    assert f"| lists | {' | '.join(str(len(lists)) for lists in chosen)} |" in README
    [told] = re.findall(r"\| names, about \| ([0-9,]+) \| ([0-9.]+) million \| ([0-9.]+) million \|", README)
    assert int(told[0].replace(",", "")) == round(names[0], -4)
    assert [float(text) for text in told[1:]] == [round(count / 1e6, 1) for count in names[1:]]
    assert f"{len(catalogue.entries())}\nlists of the [catalogue]" in README
    reasonless = [category for category in CHOICES if catalogue.reason(category)]
    assert all(f"`{category}`" in README.partition("there is no public list")[0][-120:] for category in reasonless)


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_make_targets_and_linked_files_are_there(paper: Path) -> None:
    text = paper.read_text()
    makefile = (TOP / "Makefile").read_text()
    for target in re.findall(r"(?:`|^    )make ([a-z]+)", text, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (paper.parent / link).exists(), link
