"""Kinds of values a configuration is made of: what TOML holds on one side, what the node uses on the other.

Each kind reads and writes: what it writes, it reads as the same; the documentation's defaults are written by it.
"""

import enum
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import attrs

from gma_twisted.configuration.listen import Listen
from gma_twisted.configuration.mistakes import nearest, quoted
from gma_twisted.configuration.spelling import UNITS, spell, spellDuration, spellSeveral
from gma_twisted.errors import ParameterError
from gma_twisted.markup.namespaces import PREFIXES
from gma_twisted.markup.xsd import checkedQName
from gma_twisted.model import Handle, QName

__all__ = [
    "ATTRIBUTES",
    "BASE_URL",
    "CLASS",
    "COMMAND",
    "COUNT",
    "DURATION",
    "FLAG",
    "HANDLE",
    "HANDLER",
    "LISTEN",
    "NAME",
    "PATH",
    "PATHS",
    "QNAME",
    "QNAMES",
    "SELECTED",
    "SIZE",
    "TABLE",
    "TABLES",
    "TEXT",
    "Kind",
    "checkName",
    "oneOf",
    "readName",
    "severalOf",
]

T = TypeVar("T")
E = TypeVar("E", bound=enum.Enum)

_BYTES = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(ms|s|m|h|d)")
_SIZE = re.compile(r"([0-9]{1,13})(B|KiB|MiB|GiB)")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")
_SERVICE = re.compile(r"(/[A-Za-z0-9._~-]{1,64}){1,8}")
_SHORT = re.compile(r"[A-Z][A-Za-z0-9]{0,63}")
# GT3 named callback methods.
_METHOD = re.compile(r"[a-z][A-Za-z0-9]{0,63}")
_MOST = 10**9
_ATTRIBUTES = 64
_NAMES = 64
_SELECTED = 1000
_TABLES = 64


@attrs.frozen(slots=True)
class Kind(Generic[T]):
    """
    One kind of value.

    @ivar what: the kind in words, for the documentation
    @ivar parse: takes what tomllib gave; raises L{ParameterError} saying what is wrong
    @ivar cure: what to write instead, where C{parse} does not say it better
    @ivar write: the value as TOML, on one line
    """

    what: str
    parse: Callable[[Any], T]
    cure: str
    write: Callable[[T], str] = spell

    def read(self, value: object) -> T:
        """
        The value of what tomllib gave.

        @raise ParameterError: it is none; the error has a cure
        """
        try:
            return self.parse(value)
        except ParameterError as error:
            if error.cure:
                raise
            raise ParameterError(error.what, cure=self.cure) from None


def _readText(value: object) -> str:
    if not isinstance(value, str) or not value or len(value) > 1024:
        raise ParameterError(f"{quoted(value)} is not a text of 1 to 1024 characters")
    return value


def checkName(value: object) -> str:
    """
    A name fit for paths, logs and handles.

    @raise ParameterError: it is not
    """
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ParameterError(
            f"{quoted(value)} is not a name",
            cure="use 1 to 64 letters, digits, dots, dashes, underscores",
        )
    return value


def _readFlag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ParameterError(f"{quoted(value)} is not true or false")
    return value


def _readCount(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST:
        raise ParameterError(f"{quoted(value)} is not a whole number from 1 to {_MOST}")
    return value


def _readDuration(value: object) -> float:
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ParameterError(f"{quoted(value)} is not a duration")
    return float(found[1]) * UNITS[found[2]]


def _writeDuration(value: float) -> str:
    return spellDuration(value, _readDuration)


def _readSize(value: object) -> int:
    found = _SIZE.fullmatch(value) if isinstance(value, str) else None
    if found is None or not int(found[1]):
        raise ParameterError(f"{quoted(value)} is not a size")
    return int(found[1]) * _BYTES[found[2]]


def _writeSize(value: int) -> str:
    unit = next(unit for unit in ("GiB", "MiB", "KiB", "B") if value % _BYTES[unit] == 0)
    return f'"{value // _BYTES[unit]}{unit}"'


def readName(text: str) -> QName:
    """
    A qualified name: C{{uri}local}, C{local}, or C{prefix:local} with one of L{PREFIXES}.

    @raise ParameterError: no name, an unknown prefix, or a namespace no document can declare
    """
    prefix, colon, local = text.strip().partition(":")
    if not colon or prefix.startswith("{"):
        return checkedQName(QName.parse(text))
    return QName.parse(f"{{{_namespaceOf(prefix, text)}}}{local}")


def _namespaceOf(prefix: str, text: str) -> str:
    if prefix not in PREFIXES:
        raise ParameterError(
            f"{quoted(text)} is not {{uri}}local, and {quoted(prefix)} is no known prefix",
            cure=nearest(prefix, PREFIXES),
        )
    return PREFIXES[prefix]


def _readQName(value: object) -> QName:
    if not isinstance(value, str):
        raise ParameterError(f"{quoted(value)} is not a name")
    return readName(value)


def severalOf(
    value: object, most: int, what: str, cure: str = "leave some out"
) -> Sequence[object]:
    """
    One value, or an array of them.

    @param what: they are, in words; may be empty
    @raise ParameterError: more than C{most}
    """
    asked: list[object] = value if isinstance(value, list) else [value]
    if len(asked) > most:
        counted = f"{len(asked)} {what}".rstrip()
        raise ParameterError(f"{counted} are more than {most}", cure=cure)
    return asked


def _readQNames(value: object) -> Sequence[QName]:
    return tuple(_readQName(one) for one in severalOf(value, _NAMES, "names"))


def _readSelected(value: object) -> Sequence[QName]:
    cure = 'write "{uri}*" for every name of a namespace'
    return tuple(_readSelection(one) for one in severalOf(value, _SELECTED, "names", cure))


def _readSelection(value: object) -> QName:
    text = value.strip() if isinstance(value, str) else ""
    if text == "*":
        raise ParameterError('"*" is no name', cure='write "{uri}*" for every name of a namespace')
    if text.endswith(":*") and not text.startswith("{"):
        return QName(_namespaceOf(text[:-2], text), "*")
    if text.endswith("}*"):
        return QName(readName(f"{text[:-1]}any").namespace, "*")
    return _readQName(value)


def _readHandler(value: object) -> str:
    if isinstance(value, str) and _METHOD.fullmatch(value):
        return value
    return _readClass(value)


def _readClass(value: object) -> str:
    text = value if isinstance(value, str) and len(value) <= 256 else ""
    if _DOTTED.fullmatch(text) or _SHORT.fullmatch(text):
        return text
    raise ParameterError(f"{quoted(value)} is not a class")


def _readCommand(value: object) -> Sequence[str]:
    if not isinstance(value, list) or not value:
        raise ParameterError(f"{quoted(value)} is not a command")
    for word in value:
        if not isinstance(word, str) or "\0" in word:
            raise ParameterError(
                f"{quoted(word)} is not a word of a command",
                cure="write every word in quotes, without NUL",
            )
    if not value[0].startswith("/"):
        raise ParameterError(
            f"{quoted(value[0])} is not an absolute path",
            cure='write where the program is, "/usr/bin/program"',
        )
    return tuple(value)


def _readListen(value: object) -> Sequence[Listen]:
    asked: list[object] = value if isinstance(value, list) and value else [value]
    found = []
    for one in asked:
        if not isinstance(one, str):
            raise ParameterError(f"{quoted(one)} is not an endpoint")
        found.append(Listen.parse(one))
    return tuple(found)


def _readBaseUrl(value: object) -> str:
    try:
        url = Handle.parse(_readText(value)).url.rstrip("/")
    except ParameterError:
        url = ""
    scheme, _, rest = url.partition("://")
    if scheme not in ("http", "https") or "/" in rest or "?" in rest:
        raise ParameterError(f"{quoted(value)} is not a base URL")
    return url


def _readHandle(value: object) -> Handle:
    handle = Handle.parse(_readText(value))
    if not handle.url.startswith(("http://", "https://")):
        raise ParameterError(f"{quoted(value)} is not the URL of a service")
    return handle


def _readPaths(value: object) -> Sequence[str]:
    asked: list[object] = value if isinstance(value, list) and value else [value]
    for one in asked:
        if not isinstance(one, str) or not _SERVICE.fullmatch(one):
            raise ParameterError(f"{quoted(one)} is not the path of a service")
    return tuple(str(one) for one in asked)


def _readAttributes(value: object) -> Sequence[tuple[str, str]]:
    table = _readTable(value)
    if len(table) > _ATTRIBUTES:
        raise ParameterError(
            f"{len(table)} attributes are more than {_ATTRIBUTES}", cure="leave some out"
        )
    return tuple((checkName(name), _readText(text)) for name, text in table.items())


def _writeAttributes(value: Sequence[tuple[str, str]]) -> str:
    return spell(dict(value))


def oneOf(words: type[E]) -> Kind[E]:
    """
    The kind of a value that is one of a few words.

    @param words: their values are what TOML spells
    """
    known = [quoted(one.value) for one in words]

    def read(value: object) -> E:
        try:
            return words(value)
        except ValueError:
            raise ParameterError(f"{quoted(value)} is none of its words") from None

    cure = f"write {', '.join(known[:-1])} or {known[-1]}"
    return Kind(", ".join(f"`{one}`" for one in known), read, cure)


def _readTable(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ParameterError(f"{quoted(value)} is not a table")
    return value


def _readTables(value: object) -> Sequence[Mapping[str, object]]:
    tables = severalOf(value, _TABLES, "tables")
    if not tables:
        raise ParameterError("an empty array says nothing", cure="leave the key out")
    return tuple(_readTable(one) for one in tables)


_WRITE_NAME = 'write "{uri}local", or a known prefix, "ogsi:local"'
_WRITE_TABLE = "write { name = value }"

TEXT: Kind[str] = Kind("text", _readText, 'write "site-1", for example')
NAME: Kind[str] = Kind("name", checkName, 'write "site-1", for example')
PATH: Kind[str] = Kind("path", _readText, 'write "/var/lib/gma", for example')
FLAG: Kind[bool] = Kind("`true` or `false`", _readFlag, "write one of them, without quotes")
COUNT: Kind[int] = Kind("number", _readCount, "write 1000, for example")
DURATION: Kind[float] = Kind(
    "duration", _readDuration, 'write "500ms", "30s", "2m" or "1h"', _writeDuration
)
SIZE: Kind[int] = Kind("size", _readSize, 'write "512B", "64KiB" or "8MiB"', _writeSize)
QNAME: Kind[QName] = Kind("qualified name", _readQName, _WRITE_NAME)
QNAMES: Kind[Sequence[QName]] = Kind(
    "qualified name, or array of them", _readQNames, _WRITE_NAME, spellSeveral
)
SELECTED: Kind[Sequence[QName]] = Kind(
    "qualified name, or array of them", _readSelected, _WRITE_NAME, spellSeveral
)
HANDLER: Kind[str] = Kind("`package.module:Class`", _readHandler, 'write "package.module:Class"')
CLASS: Kind[str] = Kind("`package.module:Class`", _readClass, 'write "package.module:Class"')
COMMAND: Kind[Sequence[str]] = Kind(
    "array of texts", _readCommand, 'write a list, ["/usr/bin/program", "argument"]'
)
LISTEN: Kind[Sequence[Listen]] = Kind(
    "endpoint, or array of them", _readListen, 'write "tcp:8480:interface=127.0.0.1"', spellSeveral
)
HANDLE: Kind[Handle] = Kind("URL", _readHandle, 'write "http://HOST:PORT/services/NAME"')
PATHS: Kind[Sequence[str]] = Kind(
    "path, or array of them", _readPaths, 'write "/services/NAME"', spellSeveral
)
ATTRIBUTES: Kind[Sequence[tuple[str, str]]] = Kind(
    "table of texts", _readAttributes, 'write { site = "cern" }', _writeAttributes
)
BASE_URL: Kind[str] = Kind(
    "URL", _readBaseUrl, 'write scheme, host and port only, "https://host:8480"'
)
TABLE: Kind[Mapping[str, object]] = Kind("table", _readTable, _WRITE_TABLE)
TABLES: Kind[Sequence[Mapping[str, object]]] = Kind(
    "table, or array of them", _readTables, _WRITE_TABLE
)
