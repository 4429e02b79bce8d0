"""Pure codecs for SOAP: bytes in, values out; no Twisted. soap selects, transport calls and awaits."""

from gma_twisted.soap.declaration import Operation, PortType
from gma_twisted.soap.envelope import openEnvelope
from gma_twisted.soap.faults import readFault, statusOf, writeFault
from gma_twisted.soap.selection import Call, ResponseWriter, Selection

__all__ = [
    "Call",
    "Operation",
    "PortType",
    "ResponseWriter",
    "Selection",
    "openEnvelope",
    "readFault",
    "statusOf",
    "writeFault",
]
