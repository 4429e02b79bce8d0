"""OpenPBS's JSON, which is not quite JSON: numbers and texts as users wrote them.

C{qstat -F json} and C{pbsnodes -F json} print C{005}, C{.5} and C{00} without quotes, C{\\'} and C{\\,} in texts, and
older ones quotes without a backslash (openpbs issues 1255 and 2603, pull requests 830 and 2049).
"""

import json
import re

from gma_twisted.providers.jsonentries import decodeStrictly

__all__ = ["decodeLoosely"]

_DEEPEST = 16
# Most of what a job has; all else is looked at character by character.
_USUAL = re.compile(
    r'\s*"([^"\\]*)"\s*:\s*(?:"([^"\\]*)"|(-?\d+))\s*(?:(})|,(?=\s*"))',
    re.ASCII,
)
_BLANKS = re.compile(r"[ \t\n\r]*")
_BARE = re.compile(r'[^\s,:"{}\[\]]+')
_SPECIAL = re.compile(r'["\\]')
_AFTER_KEY = re.compile(r"\s*:")
_AFTER_VALUE = {
    "}": re.compile(r'\s*(?:}|,\s*"|\Z)'),
    "]": re.compile(r'\s*(?:]|,\s*["{\[\w.+-]|\Z)'),
}
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
# Two of them may be one character.
_CODES = re.compile(r"u[0-9A-Fa-f]{4}(?:\\u[0-9A-Fa-f]{4})*")


def decodeLoosely(text: str, at: int) -> tuple[object, int]:
    """
    Read a value as OpenPBS writes it: what is JSON as JSON, of anything else words without quotes as text, and a
    quote within a text as part of it where no end of a text can be.

    @return: the value, and where it ends
    @raise ValueError: it cannot be made out
    @raise RecursionError: it is nested too deep
    """
    try:
        return decodeStrictly(text, at)
    except ValueError:
        return _value(text, at, "}", 0)


def _value(text: str, at: int, closing: str, depth: int) -> tuple[object, int]:
    if depth > _DEEPEST:
        raise RecursionError
    sign = text[at : at + 1]
    if sign == "{":
        return _object(text, at + 1, depth)
    if sign == "[":
        return _array(text, at + 1, depth)
    if sign == '"':
        return _string(text, at, _AFTER_VALUE[closing])
    bare = _BARE.match(text, at)
    if bare is None:
        raise json.JSONDecodeError("Expecting value", text, at)
    return bare[0], bare.end()


def _object(text: str, at: int, depth: int) -> tuple[dict[str, object], int]:
    members: dict[str, object] = {}
    at = _past(text, at)
    if text.startswith("}", at):
        return members, at + 1
    while True:
        usual = _USUAL.match(text, at)
        if usual is not None:
            members[usual[1]] = usual[2] if usual[3] is None else usual[3]
            at = usual.end()
            if usual[4]:
                return members, at
            continue
        at = _past(text, at)
        if not text.startswith('"', at):
            raise json.JSONDecodeError("Expecting property name", text, at)
        name, at = _string(text, at, _AFTER_KEY)
        at = _past(text, text.index(":", at) + 1)
        members[name], at = _value(text, at, "}", depth + 1)
        at, isOver = _next(text, at, "}")
        if isOver:
            return members, at


def _array(text: str, at: int, depth: int) -> tuple[list[object], int]:
    items: list[object] = []
    at = _past(text, at)
    if text.startswith("]", at):
        return items, at + 1
    while True:
        item, at = _value(text, _past(text, at), "]", depth + 1)
        items.append(item)
        at, isOver = _next(text, at, "]")
        if isOver:
            return items, at


def _next(text: str, at: int, closing: str) -> tuple[int, bool]:
    at = _past(text, at)
    if text.startswith(closing, at):
        return at + 1, True
    if not text.startswith(",", at):
        raise json.JSONDecodeError("Expecting ',' delimiter", text, at)
    return at + 1, False


def _string(text: str, at: int, after: re.Pattern[str]) -> tuple[str, int]:
    began = at
    pieces = []
    at += 1
    while True:
        found = _SPECIAL.search(text, at)
        if found is None:
            raise json.JSONDecodeError("Unterminated string starting at", text, began)
        pieces.append(text[at : found.start()])
        at = found.end()
        if found[0] == '"':
            if after.match(text, at):
                return "".join(pieces), at
            pieces.append('"')
            continue
        codes = _CODES.match(text, at)
        if codes is not None:
            pieces.append(json.loads(f'"\\{codes[0]}"'))
            at = codes.end()
        else:
            sign = text[at : at + 1]
            pieces.append(_ESCAPES.get(sign, sign))
            at += 1


def _past(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at
