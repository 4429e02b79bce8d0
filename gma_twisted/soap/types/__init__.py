"""What a part of a message can be: one object reads it, writes it and describes it in the WSDL.

Written elements use the fixed prefixes of L{gma_twisted.markup.namespaces}; what is read may bind any.
"""

from gma_twisted.soap.types.names import elements, prefixed, prefixOf
from gma_twisted.soap.types.ogsi import EXTENSIBILITY, LOCATOR, MAX_LOCATOR, TERMINATION_TIME
from gma_twisted.soap.types.part import Layout, Part, PartType, Struct, readParts, writeParts
from gma_twisted.soap.types.qnames import QNAMES
from gma_twisted.soap.types.scalar import (
    BOOLEAN,
    DATETIME,
    HANDLE,
    INTEGER,
    QNAME,
    SECONDS,
    STRING,
    WHEN,
    Scalar,
)

__all__ = [
    "BOOLEAN",
    "DATETIME",
    "EXTENSIBILITY",
    "HANDLE",
    "INTEGER",
    "LOCATOR",
    "MAX_LOCATOR",
    "QNAME",
    "QNAMES",
    "SECONDS",
    "STRING",
    "TERMINATION_TIME",
    "WHEN",
    "Layout",
    "Part",
    "PartType",
    "Scalar",
    "Struct",
    "elements",
    "prefixOf",
    "prefixed",
    "readParts",
    "writeParts",
]
