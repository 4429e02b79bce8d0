"""What is no service data, for programs that read XML: objects, arrays and texts as elements."""

import re
from collections.abc import Iterator, Mapping

from gma_twisted.markup import escapeAttribute, escapeText
from gma_twisted.markup.namespaces import GMA

__all__ = ["asXML"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,255}")
_ANY = "entry"


def asXML(name: str, value: Mapping[str, object]) -> bytes:
    """
    An object as one document, in the namespace of C{gma}.

    Each member is an element of its name, one that is an array so many elements. A member whose name is none in XML is
    an C{entry} that has it as its attribute C{name}.

    @param name: of the root
    @param value: what JSON can hold
    """
    pieces = [f'<gma:{name} xmlns:gma="{GMA}">\n']
    for key, member in value.items():
        # A line for each of an array, and none for an empty one.
        for one in member if isinstance(member, list) else [member]:
            pieces.extend((*_written(key, one), "\n"))
    pieces.append(f"</gma:{name}>")
    return "".join(pieces).encode()


def _written(name: str, value: object) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _written(name, one)
        return
    isName = _NAME.fullmatch(name) is not None
    tag = f"gma:{name if isName else _ANY}"
    yield f"<{tag}>" if isName else f'<{tag} name="{escapeAttribute(name)}">'
    if isinstance(value, Mapping):
        for key, member in value.items():
            yield from _written(key, member)
    elif isinstance(value, bool):
        yield "true" if value else "false"
    elif value is not None:
        yield escapeText(str(value))
    yield f"</{tag}>"
