"""The only importer of lxml: the hardened parser, builders, XML Schema values, values between tree and bytes."""

from gma_twisted.markup.build import (
    canonicalElement,
    child,
    element,
    escapeAttribute,
    escapeText,
    serialise,
)
from gma_twisted.markup.parse import DEFAULT_LIMITS, MESSAGE_LIMITS, Element, XMLGate, XMLLimits
from gma_twisted.markup.single import OneElement, checkOneElement
from gma_twisted.markup.values import (
    MAX_PATH,
    MAX_VALUES_SIZE,
    ReceivedValue,
    nameOf,
    readValue,
    readValues,
    splitValue,
    valueFromTree,
    valueOfRun,
    wrapTree,
    writeValue,
)

__all__ = [
    "DEFAULT_LIMITS",
    "MAX_PATH",
    "MAX_VALUES_SIZE",
    "MESSAGE_LIMITS",
    "Element",
    "OneElement",
    "ReceivedValue",
    "XMLGate",
    "XMLLimits",
    "canonicalElement",
    "checkOneElement",
    "child",
    "element",
    "escapeAttribute",
    "escapeText",
    "nameOf",
    "readValue",
    "readValues",
    "serialise",
    "splitValue",
    "valueFromTree",
    "valueOfRun",
    "wrapTree",
    "writeValue",
]
