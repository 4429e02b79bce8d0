"""What C{createService} is asked with: C{gma:service}, a kind, a name and arguments (OGSI 1.0, 10.2; ours)."""

from collections.abc import Sequence

import attrs

from gma_twisted.errors import ExtensibilityTypeError, ParameterError
from gma_twisted.markup import Element
from gma_twisted.markup.namespaces import GMA
from gma_twisted.model import QName
from gma_twisted.soap.types import STRING, Part, Struct, prefixed

__all__ = [
    "CREATION",
    "CREATION_TYPES",
    "MAX_ARGUMENTS",
    "CreationRequest",
    "readCreation",
    "writeCreation",
]

CREATION = QName(GMA, "service")
"""The element inside C{ogsi:creationParameters}."""

MAX_ARGUMENTS = 64
"""Most arguments of one service."""


@attrs.frozen(slots=True)
class CreationRequest:
    """
    Which service is wanted.

    @ivar kind: name of a kind the configuration of the node allows
    @ivar name: unique among the created services of the node; empty for none
    @ivar arguments: (name, value) pairs; names may repeat
    """

    kind: str
    name: str = ""
    arguments: Sequence[tuple[str, str]] = ()


def _request(kind: str, name: str | None, argument: list[tuple[str, str]]) -> CreationRequest:
    return CreationRequest(kind.strip(), (name or "").strip(), tuple(argument))


_ARGUMENT = Struct(
    QName(GMA, "ArgumentType"),
    (Part("name", STRING), Part("value", STRING)),
    lambda name, value: (name.strip(), value),
    lambda pair: {"name": pair[0], "value": pair[1]},
)
_SERVICE = Struct(
    QName(GMA, "ServiceType"),
    (
        Part("kind", STRING),
        Part.optional("name", STRING),
        Part("argument", _ARGUMENT, 0, MAX_ARGUMENTS),
    ),
    _request,
    lambda asked: {
        "kind": asked.kind,
        "name": asked.name or None,
        "argument": asked.arguments,
    },
)

CREATION_TYPES = (_ARGUMENT, _SERVICE)
"""Its structures, inner ones first; the last is that of L{CREATION}."""


def readCreation(element: Element) -> CreationRequest:
    """
    Read C{gma:service}.

    @raise ExtensibilityTypeError: malformed, or more than L{MAX_ARGUMENTS} arguments
    """
    try:
        asked: CreationRequest = _SERVICE.read(element)
    except ParameterError as error:
        raise ExtensibilityTypeError(error.message) from None
    return asked


def writeCreation(asked: CreationRequest) -> bytes:
    """The element, with the declaration it needs."""
    written = _SERVICE.write(prefixed(CREATION), asked)
    tag = prefixed(CREATION).encode()
    return written.replace(b"<%b>" % tag, b'<%b xmlns:gma="%b">' % (tag, GMA.encode()), 1)
