"""C{sd:serviceDataValues}: what stands around the values of an answer, and of a notice of whole values (WIRE 3)."""

from gma_twisted.markup.namespaces import SD
from gma_twisted.markup.xsd import writeDateTime
from gma_twisted.model import QName

__all__ = ["CLOSE", "VALUES", "writeHead"]

VALUES = QName(SD, "serviceDataValues")
"""Name of the element."""

CLOSE = b"</sd:serviceDataValues>"
"""What it ends with."""


def writeHead(sent: float) -> bytes:
    """Its start tag but for the end, which says when. @param sent: wall time, seconds since 1970"""
    return f'<sd:serviceDataValues gma:sent="{writeDateTime(sent)}"'.encode()
