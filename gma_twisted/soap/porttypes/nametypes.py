"""Qualified names in messages of ours: two strings, as half of the clients lose the prefix of an xs:QName (WIRE 1)."""

from collections.abc import Mapping
from typing import Any

from gma_twisted.model import QName
from gma_twisted.soap.types import STRING, Part, Struct

__all__ = ["nameType"]


def _make(namespace: str, localName: str) -> QName:
    # Whether a document can hold the namespace is asked by who keeps it, when it has counted them.
    return QName.parse(f"{{{namespace}}}{localName}")


def _take(value: QName) -> Mapping[str, Any]:
    return {"namespace": value.namespace, "localName": value.localName}


def _makeAny(namespace: str, localName: str) -> QName:
    if localName.strip() == "*":
        return QName(_make(namespace, "any").namespace, "*")
    return _make(namespace, localName)


def nameType(xsd: QName, allowsAll: bool = False) -> Struct:
    """
    C{namespace} and C{localName} as one L{QName}.

    @param xsd: name of the complex type
    @param allowsAll: whether C{localName} may be C{*}: every name of the namespace
    """
    make = _makeAny if allowsAll else _make
    return Struct(xsd, (Part("namespace", STRING), Part("localName", STRING)), make, _take)
