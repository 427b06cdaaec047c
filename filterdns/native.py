"""What a class may say of itself to the compiler; where nothing is compiled it says nothing.

`acyclic=True`: its instances lead to no object that leads back to them, so the search for reference cycles need not
look at them. A worker holds tens of thousands, and to walk over them all keeps everybody waiting.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

T = TypeVar("T")

if TYPE_CHECKING:
    from mypy_extensions import mypyc_attr
else:

    def mypyc_attr(**_: object) -> Callable[[type[T]], type[T]]:
        """Leave the class as it is."""
        return lambda each: each


__all__ = ["mypyc_attr"]
