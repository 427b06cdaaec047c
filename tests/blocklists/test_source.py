import pytest

from filterdns.blocklists.source import Source, is_exact
from filterdns.policy.category import BITS, service_bit


@pytest.mark.parametrize(
    ("kind", "category", "service", "tags", "said"),
    [
        ("list", "adult", None, BITS["adult"], "yields"),
        ("list", "illegal", None, BITS["illegal"], "is_exact is_secret"),
        ("builtin", "adult", None, BITS["adult"], "yields"),
        ("builtin", "bypass", None, BITS["bypass"], ""),
        ("builtin", "helplines", None, BITS["helplines"], "is_exact is_protected"),
        ("builtin", "essential", None, BITS["essential"], "is_exact is_protected"),
        ("list", "essential", None, BITS["essential"], "yields"),
        ("service", "games", 5, BITS["games"] | service_bit(5), ""),
        ("allow", "allow", None, 0, "is_exact"),
    ],
)
def test_what_follows_from_kind_and_category(kind: str, category: str, service: int | None, tags: int, said: str):
    source = Source("id", kind, category, "Title", service)
    assert source.tags == tags
    questions = ("is_exact", "is_protected", "is_secret", "yields")
    assert [name for name in questions if getattr(source, name)] == said.split()
    assert is_exact(((0,), ()), [source]) is source.is_exact
    assert is_exact(((), (0,)), [source])
    assert not is_exact(((), ()), [source])


def test_a_category_that_nobody_knows():
    with pytest.raises(ValueError, match="unknown category 'odd'"):
        _ = Source("id", "list", "odd", "Title").tags
