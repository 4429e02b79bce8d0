"""The tokens of the filter language of comparisons, one after the other."""

import re
from typing import NoReturn

from gma_twisted.errors import ParameterError, cut

__all__ = ["WORDS", "Tokens", "spelt", "unquoted"]

WORDS = ("and", "or", "not")
"""Names only in backquotes."""

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<timestamp>\d{4}-\d\d-\d\dT[\d:.]{1,18}(?:Z|[+-]\d\d:?\d\d)?)
    | (?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<text>"(?:[^"\\]|\\["\\])*"|'(?:[^'\\]|\\['\\])*')
    | (?P<own>@\w+)
    | (?P<word>[^\W\d][\w.\-]*)
    | (?P<quoted>`[^`]+`)
    | (?P<sign><=|>=|!=|==|[<>=~()/])
    )""",
    re.VERBOSE,
)
_PLAIN = re.compile(r"[^\W\d][\w.\-]*")
_UNITS = re.compile(r"\s*((?:[^\W\d]|[%\u00b0])\w*(?:/[^\W\d]\w*)?|1/[a-z]+)")


class Tokens:
    """
    An expression, of which one token is looked at.

    @ivar kind: of that token, a group of C{_TOKEN}; empty behind the last one
    @ivar token: as it is written
    """

    __slots__ = ("_end", "_position", "_start", "_text", "kind", "token")

    def __init__(self, text: str) -> None:
        """@raise ParameterError: the first cannot be read"""
        self.kind = ""
        self.token = ""
        self._text = text
        self._end = len(text.rstrip())
        self._start = self._position = 0
        self.next()

    def next(self) -> None:
        """Look at the next one. @raise ParameterError: it cannot be read"""
        self._start = self._position
        if self._position >= self._end:
            self.kind = self.token = ""
            return
        found = _TOKEN.match(self._text, self._position)
        if found is None:
            self._start += len(self._text[self._start :]) - len(self._text[self._start :].lstrip())
            self.refuse(
                f'"{cut(self._text[self._start : self._start + 20], 20)}" cannot be read',
                'write as in: Bandwidth > 100 Mb/s and Program = "GridFTP"',
            )
        self.kind = str(found.lastgroup)
        self.token = found[self.kind]
        self._start = found.start(self.kind)
        self._position = found.end()

    def takes(self, *tokens: str) -> bool:
        """Go on when it is one of these words and signs. @return: whether it is"""
        if self.kind in ("word", "sign") and self.token in tokens:
            self.next()
            return True
        return False

    def units(self) -> str | None:
        """The units right behind a number, which become part of this token; C{None} when there are none."""
        found = _UNITS.match(self._text, self._position)
        if found is None or found[1] in WORDS:
            return None
        # What is refused from here on is refused for them.
        self._start, self._position = found.start(1), found.end()
        return found[1]

    def refuse(self, why: str, cure: str = "") -> NoReturn:
        """@raise ParameterError: always; tells the column of this token"""
        raise ParameterError(f"filter, column {self._start + 1}: {why}", cure=cure)


def spelt(name: str) -> str:
    """A name as it is written in an expression."""
    return name if _PLAIN.fullmatch(name) and name not in WORDS else f"`{name}`"


def unquoted(token: str) -> str:
    """What a text in quotes says."""
    return re.sub(r"\\(.)", r"\1", token[1:-1])
