"""What is no TOML at all: told as tomllib tells it, with the place where it always has one, and what helps."""

import re
import tomllib
from typing import Any

from gma_twisted.configuration.mistakes import Mistakes, unreadable
from gma_twisted.configuration.places import deepest, lineAndColumn

__all__ = ["parseTOML"]

_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)\Z")
_DIGITS = re.compile(r"[0-9][0-9_]{4000,}")

_ONCE = "write each key once"
# How tomllib's words begin, and what helps.
_CURES = (
    ("Cannot declare", "write all its keys below one header"),
    ("Cannot", _ONCE),
    ("Duplicate", _ONCE),
    ("Expected '='", "write key = value"),
    ("Expected ']", "write the closing bracket"),
    ("Expected newline", "write each key on a line of its own, and texts in quotes"),
    ("Expected", "write the closing quotes"),
    ("Unterminated", "write the closing quotes"),
    ("Unclosed array", "write the closing ]"),
    ("Unclosed inline", "write the closing }"),
    ("Unescaped", "write two backslashes, or the text in single quotes"),
    ("Invalid hex", r"write \u and four hexadecimal digits"),
    ("Escaped", r"write \u and four hexadecimal digits of a character"),
    ("Invalid initial", 'write a key of letters, digits, dashes, underscores, or in quotes, "k"'),
    ("Invalid date", 'write 2026-11-21T20:00:00Z, or a text in quotes, "x"'),
    ("Invalid value", 'write a number, true, false, or a text in quotes, "x"'),
    ("Found invalid", "leave the character out"),
    ("Illegal", 'leave the character out; texts of several lines stand in """'),
)
_CURE = "write [SECTION], or key = value"


def parseTOML(text: str, name: str) -> dict[str, Any]:
    """
    What tomllib makes of a text.

    @param text: with LF line ends
    @param name: of the file
    @raise Mistakes: it is no TOML
    """
    try:
        return tomllib.loads(text)
    except RecursionError:
        where = _where(name, text, deepest(text))
        raise unreadable(where, "is nested too deeply", "write a section for each table") from None
    except ValueError as error:  # tomllib's own error, and int's on thousands of digits
        raise _refusal(str(error), text, name) from None


def _refusal(said: str, text: str, name: str) -> Mistakes:
    found = _AT.search(said)
    if found is None:
        digits = _DIGITS.search(text)
        where = _where(name, text, digits.start() if digits else 0)
        return unreadable(where, "a number of thousands of digits", "write a smaller one")
    line, column = found[1], found[2]
    where = f"{name}:{line}:{column}" if line else _where(name, text, len(text))
    what = said[: found.start()]
    cure = next((cure for begin, cure in _CURES if what.startswith(begin)), _CURE)
    return unreadable(where, what, cure)


def _where(name: str, text: str, offset: int) -> str:
    line, column = lineAndColumn(text, offset)
    return f"{name}:{line}:{column}"
