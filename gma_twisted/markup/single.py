"""Whether bytes are one element that may be put into a message as they are."""

from collections.abc import Mapping
from xml.parsers import expat

from gma_twisted.errors import ParameterError
from gma_twisted.markup.build import escapeAttribute

__all__ = ["OneElement", "checkOneElement"]


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


# Expat begins a tag anew with each piece: one that does not end would take longer each time.
_MOST_TAG = 2 * 1024**2


class OneElement:
    """
    Checks, piece by piece as it comes, that something is one well-formed element of a name, which relies on some
    prefixes; no tree is made of it.
    """

    def __init__(self, name: str, declared: Mapping[str, str]) -> None:
        """@param declared: namespace by prefix, that hold where it is put; its root declares none of them"""
        prefixes = "".join(
            f' xmlns:{prefix}="{escapeAttribute(uri)}"' for prefix, uri in declared.items()
        )
        self._parser = _parser(" ")
        self._start = f"<{name} ".encode()
        self._declared = f"<{name}{prefixes} ".encode()
        self._isBegun = False
        self._size = 0

    def feed(self, piece: bytes) -> None:
        """
        What comes next; the first piece has at least the name.

        @raise ParameterError: it has another name, is not well-formed, or has a tag or a comment that is too long
        """
        if not self._isBegun:
            # Where all of it begins with the element, nothing can come before that; and nothing else comes after.
            if not piece.startswith(self._start):
                raise ParameterError("it is another element, or none")
            self._isBegun = True
            self._parse(self._declared)
            piece = piece[len(self._start) :]
        self._parse(piece)

    def finish(self) -> None:
        """
        That was all.

        @raise ParameterError: it was not
        """
        self._parse(b"", True)

    def _parse(self, piece: bytes, isLast: bool = False) -> None:
        try:
            self._parser.Parse(piece, isLast)
        except expat.ExpatError as error:
            raise _refusal(error) from error
        self._size += len(piece)
        if not isLast and self._size - self._parser.CurrentByteIndex > _MOST_TAG:
            raise ParameterError(f"it has a tag or a comment of more than {_MOST_TAG} bytes")


def _parse(pieces: tuple[bytes, ...], separator: str | None) -> None:
    parser = _parser(separator)
    try:
        for piece in pieces:
            parser.Parse(piece)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise _refusal(error) from error


def _parser(separator: str | None) -> expat.XMLParserType:
    parser = expat.ParserCreate("utf-8", separator)
    parser.ProcessingInstructionHandler = _refuseInstruction
    return parser


def _refusal(error: expat.ExpatError) -> ParameterError:
    return ParameterError(f"it is not one well-formed element: {expat.ErrorString(error.code)}")


def _refuseInstruction(target: str, _: str) -> None:
    raise ParameterError("it has a processing instruction")
