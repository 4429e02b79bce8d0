"""C{name=value} between blanks: what BP and ULM have in common."""

import enum
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import partial
from itertools import islice

from gma_twisted.errors import NotRepresentable, ParameterError, TooLarge, cut
from gma_twisted.model.event import MAX_ITEMS
from gma_twisted.netlogger.kept import Kept

__all__ = [
    "MAX_LINE",
    "MAX_WORDS",
    "WORDS",
    "Dialect",
    "decoded",
    "notWritten",
    "numberOf",
    "readPairs",
    "writePair",
]

MAX_LINE = 1024 * 1024
"""Most characters of a line that is read."""
MAX_WORDS = 2 * MAX_ITEMS + 100
"""Most pairs of a line that is read, with the words that belong to the values before them: a field may have its units,
and the event something of its own. It is seen while they are read: a line of nothing else would take long."""


class Dialect(enum.Enum):
    """What a backslash means inside quotes."""

    CLASSIC = "classic"
    r"""C{\"} is a quote, all else is what it is: NetLogger's own readers."""

    FULL = "full"
    r"""C{\\}, C{\"}, C{\n} and C{\r}: dCache's."""


_NAME = r"[0-9A-Za-z_.\-]+"
# A value in quotes ends at the first quote no backslash stands before; in the full dialect, at the first that is not
# escaped. Possessive: nothing is tried twice.
_QUOTED = {
    Dialect.CLASSIC: r'"((?:[^"]|(?<=\\)")*+)"',
    Dialect.FULL: r'"((?:[^"\\]|\\.)*+)"',
}
_PAIR = {
    dialect: re.compile(rf'({_NAME})=(?:([^"\s]++)|{quoted})(?:\s++|\Z)', re.DOTALL)
    for dialect, quoted in _QUOTED.items()
}
_LINE = {
    dialect: re.compile(
        rf'\s*+(?:{_NAME}=(?:[^"\s]++|{quoted.replace("((", "(?:(").replace(")*+)", ")*+)")})(?:\s++|\Z))++',
        re.DOTALL,
    )
    for dialect, quoted in _QUOTED.items()
}
_LOOSE = re.compile(rf"({_NAME})=(\S*)(?:\s+|\Z)")
_TOKEN = re.compile(r"(\S+)(?:\s+|\Z)")
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,37})").fullmatch
_REAL = re.compile(
    r"-?[0-9]{1,400}(?:\.[0-9]{1,400}(?:[eE][+-]?[0-9]{1,4})?|[eE][+-]?[0-9]{1,4})"
).fullmatch
# Fifteen digits a double always holds.
_FIXED = re.compile(r"-?[0-9]+\.[0-9]+").fullmatch
_EXACT = 16
_NUMERIC = frozenset("-0123456789")
_QUOTES = re.compile(r'[\s"=]').search
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_MEANING = {"n": "\n", "r": "\r", '"': '"', "\\": "\\"}


def decoded(line: bytes) -> str:
    """The characters of a line. @raise ParameterError: not UTF-8"""
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise ParameterError(f'"{cut(line, 60)}" is not UTF-8') from None


def numberOf(text: str) -> str | int | float:
    """The number a text outside of quotes is; the text itself when it is none, or has digits a double would lose."""
    if text[0] not in _NUMERIC:
        return text
    if _WHOLE(text):
        return text if text == "-0" else int(text)
    if len(text) <= _EXACT and _FIXED(text):
        return float(text)
    return _realOf(text) if _REAL(text) else text


def _realOf(text: str) -> str | float:
    value = float(text)
    written = repr(value)
    if written == text:
        return value
    if written[-1] in "fn" or Decimal(written) != Decimal(text):
        return text
    return value


def _word(text: str, isFull: bool) -> str:
    """A text as it stands in a line; empty when it cannot."""
    if text and not _QUOTES(text) and not (isFull and "\\" in text):
        # In quotes it stays text.
        return text if type(numberOf(text)) is str else f'"{text}"'
    if isFull:
        text = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    elif "\n" in text or "\r" in text or text.endswith("\\"):
        return ""
    return '"' + text.replace('"', '\\"') + '"'


WORDS: Mapping[Dialect, Mapping[str, str]] = {
    dialect: Kept(partial(_word, isFull=dialect is Dialect.FULL)) for dialect in Dialect
}
"""Texts as they stand in a line; empty is one that cannot: L{notWritten}."""


def writePair(name: str, text: str, dialect: Dialect) -> str:
    """One pair. @raise NotRepresentable: the dialect cannot hold the text; names the field"""
    word = WORDS[dialect][text]
    if not word:
        raise notWritten(name, text)
    return f"{name}={word}"


def notWritten(name: str, text: str) -> NotRepresentable:
    """What is wrong with a text of which there is no word. @param name: of its field"""
    why = "ends with a backslash" if text.endswith("\\") else "has a line break"
    return NotRepresentable(
        f'field "{cut(name)}" {why}, which classic lines cannot hold',
        cure="write the full dialect",
    )


def readPairs(
    line: str, dialect: Dialect, isStrict: bool, texts: Collection[str]
) -> dict[str, str | int | float]:
    """
    The pairs of a line, in their order; of a name that comes again the last value counts, as for NetLogger's reader.

    What stands outside of quotes and is a number becomes one, unless digits would be lost.

    @param isStrict: refuse what is no pair; else C{name=} is empty text, quotes may stand anywhere, and a word without
        C{=} belongs to the value before it, after one blank: live GridFTP servers leave blanks unquoted
    @param texts: names whose values are text, whatever they look like
    @raise ParameterError: no pair, or something that is none; names it
    @raise TooLarge: more than L{MAX_LINE} characters or L{MAX_WORDS} pairs and words
    """
    if len(line) > MAX_LINE:
        raise TooLarge(f"a line of {len(line)} characters; it may have {MAX_LINE}")
    if _LINE[dialect].fullmatch(line):
        isFull = dialect is Dialect.FULL
        return {
            name: (bare if name in texts else numberOf(bare))
            if bare
            else _unescaped(quoted, isFull)
            for name, bare, quoted in _split(line, dialect)
        }
    if isStrict:
        raise ParameterError(
            f'"{cut(_firstJunk(line, dialect), 60)}" is no name=value', cure="read it leniently"
        )
    return dict(_loosely(line, dialect, texts))


def _split(line: str, dialect: Dialect) -> Sequence[Sequence[str]]:
    """Name, and what stands outside of quotes or in them, of each pair of a line that has nothing else."""
    if line.count("=") <= MAX_WORDS:
        found: list[tuple[str, str, str]] = _PAIR[dialect].findall(line)
        return found
    few = [one.groups("") for one in islice(_PAIR[dialect].finditer(line), MAX_WORDS + 1)]
    if len(few) > MAX_WORDS:
        raise _tooMany()
    return few


def _tooMany() -> TooLarge:
    return TooLarge(f"a line of more than {MAX_WORDS} pairs and words")


def _unescaped(quoted: str, isFull: bool) -> str:
    if "\\" not in quoted:
        return quoted
    if not isFull:
        return quoted.replace('\\"', '"')
    return _ESCAPED.sub(lambda found: _MEANING.get(found[1], found[0]), quoted)


def _firstJunk(line: str, dialect: Dialect) -> str:
    place = len(line) - len(line.lstrip())
    for _ in range(MAX_WORDS):
        found = _PAIR[dialect].match(line, place)
        if found is None:
            break
        place = found.end()
    return line[place : place + 80].split(" ", 1)[0] or line[:80]


def _loosely(
    line: str, dialect: Dialect, texts: Collection[str]
) -> Iterator[tuple[str, str | int | float]]:
    place = len(line) - len(line.lstrip())
    name, words = "", [""]
    value: str | int | float = ""
    isFull = dialect is Dialect.FULL
    left = MAX_WORDS
    while place < len(line):
        left -= 1
        if left < 0:
            raise _tooMany()
        found = _PAIR[dialect].match(line, place)
        loose = None if found else _LOOSE.match(line, place)
        if name and (found or loose):
            yield name, _joined(value, words)
        if found:
            name, raw = found[1], found[2]
            number = raw if name in texts or not raw else numberOf(raw)
            value = number if raw else _unescaped(found[3], isFull)
            words = [raw or str(value)]
        elif loose:
            found = loose
            name, value = loose[1], loose[2]
            words = [value]
        else:
            found = _TOKEN.match(line, place)
            if not name or found is None:
                raise ParameterError(
                    f'"{cut(line[place:], 60)}" begins a line and is no name=value'
                )
            words.append(found[1])
        place = found.end()
    if not name:
        raise ParameterError("a line without any name=value")
    yield name, _joined(value, words)


def _joined(value: str | float, words: Sequence[str]) -> str | int | float:
    # A blank behind the sign belongs to nothing.
    return value if len(words) == 1 else " ".join(words).lstrip()
