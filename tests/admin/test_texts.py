"""Every category has its words, and every kind that can be switched is shown once."""

import pytest
from flask import Flask

from filterdns.admin.texts import GROUPS, TEXTS, category_name, target_name
from filterdns.policy.category import CHOICES, SECURITY


@pytest.mark.parametrize("category", [*CHOICES, "unsafe_search", "illegal", "helplines"])
def test_every_category_says_what_why_and_what_cannot_be_done(category: str) -> None:
    for text in TEXTS[category]:
        assert 3 < len(text) < 120
        assert text == text.strip()


def test_every_kind_has_one_switch() -> None:
    shown = [category for _title, held in GROUPS for category in held]
    assert sorted(shown) == sorted(set(CHOICES) - SECURITY)


@pytest.mark.parametrize(
    ("target", "name"),
    [("time", "more time"), ("games", "Online games"), ("service:roblox", "Roblox"), ("service:gone", "gone"),
     ("name:example.org", "example.org"), ("unknown", "unknown")],
)  # fmt: skip
def test_targets_in_words(app: Flask, target: str, name: str) -> None:
    with app.test_request_context("/"):
        app.preprocess_request()
        assert target_name(target) == name
        assert category_name("adult") == "Pornography"
