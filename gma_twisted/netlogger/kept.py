"""Texts made of texts, kept for the next time."""

from collections.abc import Callable

__all__ = ["Kept"]

_MOST = 4096
_LONGEST = 64


class Kept(dict[str, str]):
    """
    What a function makes of texts: names, hosts and programs of events are the same again and again.

    Long ones are not kept, and all are forgotten when they become too many.
    """

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[str], str]) -> None:
        """@param make: of a text always the same; what it raises is not kept"""
        super().__init__()
        self._make = make

    def __missing__(self, text: str) -> str:
        made = self._make(text)
        if len(text) <= _LONGEST:
            if len(self) >= _MOST:
                self.clear()
            self[text] = made
        return made
