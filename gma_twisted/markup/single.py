"""Whether bytes are one element that may be put into a message as they are."""

from collections.abc import Mapping
from xml.parsers import expat

from gma_twisted.errors import ParameterError
from gma_twisted.markup.build import escapeAttribute

__all__ = ["checkOneElement"]


def checkOneElement(data: bytes, declared: Mapping[str, str]) -> None:
    """
    Check what somebody else wrote before it becomes a part of a message; no tree is made of it.

    @param data: UTF-8, without declaration
    @param declared: namespace by prefix, that hold where it is put
    @raise ParameterError: it is not well-formed there, or not one element alone; comments beside it pass
    """
    prefixes = "".join(
        f' xmlns:{prefix}="{escapeAttribute(uri)}"' for prefix, uri in declared.items()
    )
    # Inside another element there is no document type and no declaration, and every prefix is declared; by itself a
    # document has one root and no text beside it. Neither alone says all that.
    _parse((f"<r{prefixes}>".encode(), data, b"</r>"), " ")
    _parse((data,), None)


def _parse(pieces: tuple[bytes, ...], separator: str | None) -> None:
    parser = expat.ParserCreate("utf-8", separator)
    parser.ProcessingInstructionHandler = _refuseInstruction
    try:
        for piece in pieces:
            parser.Parse(piece)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise ParameterError(
            f"it is not one well-formed element: {expat.ErrorString(error.code)}"
        ) from error


def _refuseInstruction(target: str, _: str) -> None:
    raise ParameterError("it has a processing instruction")
