"""An expression that means harm, with its name."""

import attrs

from gma_twisted.model import Language, Question

__all__ = ["LONGEST", "Hostile", "filled"]

LONGEST = 4096
"""Bytes an expression may have, as C{query_max_expression} is when nobody sets it."""


@attrs.frozen(slots=True)
class Hostile:
    """
    One of them.

    @ivar name: tells it from all others of its language: a family, a dash, and what it does
    @ivar language: of C{text}
    @ivar text: the expression
    @ivar namespaces: of prefixes in it
    """

    name: str
    language: Language
    text: str
    namespaces: tuple[tuple[str, str], ...] = ()

    @property
    def family(self) -> str:
        """What those have in common that do the same in other ways."""
        return self.name.partition("-")[0]

    @property
    def question(self) -> Question:
        """About all values."""
        return Question(self.language, self.text, (), self.namespaces)


def filled(unit: str, before: str = "", after: str = "", most: int = LONGEST) -> str:
    """As often the same between two ends as goes into one expression."""
    room = most - len(before.encode()) - len(after.encode())
    return before + unit * (room // len(unit.encode())) + after
