"""The site that a name belongs to: what somebody registered, below a public suffix such as "org" or "co.uk"."""

from functools import cache
from typing import Any


def site_of(name: str) -> str:
    r"""The registrable domain of a name in presentation form; the name itself if it is a public suffix or has none.

    Names with escapes (\046) and names of the house's own zones and reverse zones stay what they are.
    """
    if "\\" in name or name.endswith(".arpa"):
        return name
    found = _suffixes().privatesuffix(name)
    return str(found) if found else name


def is_suffix(name: str) -> bool:
    """Is a name, in ASCII, no site but an ending below which sites are registered, as "org" and "co.uk" are?"""
    return _suffixes().privatesuffix(name) is None


@cache
def _suffixes() -> Any:  # noqa: ANN401 - the library's own class
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415 - three megabytes that most pages do without

    return PublicSuffixList(only_icann=True)
