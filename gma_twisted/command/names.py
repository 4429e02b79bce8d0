"""NAME on the command line: a qualified name as configurations write it."""

from gma_twisted.command.parameters import Parameter
from gma_twisted.configuration.kinds import SELECTED, readName
from gma_twisted.model import QName

__all__ = ["PATTERN", "QNAME", "SELECTION"]

_ANYWHERE = "*"


def _readSelection(text: str) -> QName:
    return SELECTED.read(text)[0]


def _readPattern(text: str) -> QName:
    prefix, colon, local = text.strip().rpartition(":")
    if text.strip() == _ANYWHERE or (colon and prefix == _ANYWHERE):
        name = local.strip()
        return QName(_ANYWHERE, name if name == _ANYWHERE else readName(name).localName)
    return _readSelection(text)


QNAME = Parameter("name", readName)
"""One name."""

SELECTION = Parameter("name", _readSelection)
"""One name, or every name of a namespace: C{{uri}*}, C{glue:*}."""

PATTERN = Parameter("name", _readPattern)
"""As L{SELECTION}, and C{*} for every name there is, C{*:Host} for those of every namespace."""
