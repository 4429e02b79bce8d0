"""Names of events with C{*} and C{?} in them, as configurations have them."""

from collections.abc import Sequence

from gma_twisted.configuration.kinds import Kind, severalOf
from gma_twisted.configuration.mistakes import quoted
from gma_twisted.configuration.spelling import spellSeveral
from gma_twisted.errors import GMAError, ParameterError
from gma_twisted.model.event import EventContainer

__all__ = ["GLOB", "GLOBS"]

_MOST = 64


def _read(value: object) -> str:
    if not isinstance(value, str):
        raise ParameterError(f"{quoted(value)} is not the name of events")
    try:
        return EventContainer(value).name
    except GMAError:
        raise ParameterError(f"{quoted(value)} is not the name of events") from None


def _readSeveral(value: object) -> Sequence[str]:
    asked = severalOf(value, _MOST, "names")
    return tuple(_read(one) for one in asked)


_CURE = 'write "host.load", or "host.*" for all that begin so'

GLOB: Kind[str] = Kind("text", _read, _CURE)
"""A name of events, or a pattern of names."""

GLOBS: Kind[Sequence[str]] = Kind("text, or array of them", _readSeveral, _CURE, spellSeveral)
"""Several of them."""
