"""NAME on the command line: a qualified name as configurations write it."""

from gma_twisted.command.parameters import Parameter
from gma_twisted.configuration.kinds import SELECTED, readName
from gma_twisted.model import QName

__all__ = ["QNAME", "SELECTION"]


def _readSelection(text: str) -> QName:
    return SELECTED.read(text)[0]


QNAME = Parameter("name", readName)
"""One name."""

SELECTION = Parameter("name", _readSelection)
"""One name, or every name of a namespace: C{{uri}*}, C{glue:*}."""
