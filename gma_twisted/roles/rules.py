"""What clients may do to the service data of a service, by its declarations (OGSI 1.0, 6.2 and 9.2.2)."""

from collections.abc import Iterable

from gma_twisted.errors import (
    CardinalityViolation,
    ModifiabilityViolation,
    MutabilityViolation,
    ParameterError,
    TypeViolation,
    cut,
)
from gma_twisted.markup import Element, nameOf
from gma_twisted.markup.namespaces import XSD, XSI
from gma_twisted.markup.simpletypes import SIMPLE_TYPES, isOfType
from gma_twisted.markup.xsd import readBoolean
from gma_twisted.model import QName
from gma_twisted.soap.declaration import Mutability, ServiceDataDeclaration

__all__ = ["ServiceDataRules"]

_NIL = f"{{{XSI}}}nil"
_SETTABLE = (Mutability.EXTENDABLE, Mutability.MUTABLE)


class ServiceDataRules:
    """The declarations of one service by name. What is not declared cannot be changed by clients."""

    def __init__(self, declarations: Iterable[ServiceDataDeclaration]) -> None:
        """@param declarations: of the port types and of the configuration"""
        self._declared = {one.name: one for one in declarations}

    def declares(self, name: QName) -> bool:
        """Whether there is a declaration of the name."""
        return name in self._declared

    def canAppend(self, name: QName) -> bool:
        """Whether new values of a settable name come beside the old ones, and do not replace them."""
        return self._declared[name].mutability is Mutability.EXTENDABLE

    def counted(self, name: QName) -> int:
        """How many values there may be that the number of values matters to the cardinality of a name."""
        cardinality = self._declared[name].cardinality
        return max(cardinality.least, cardinality.most or 0)

    def checkValue(self, value: Element) -> None:
        """
        Whether a value may be given to its name.

        @raise ModifiabilityViolation: clients may not set it
        @raise MutabilityViolation: static or constant
        @raise TypeViolation: not of the declared type
        """
        name = nameOf(value)
        declaration = self._modifiable(name)
        if declaration.mutability not in _SETTABLE:
            raise MutabilityViolation(
                f"{cut(name)} is {declaration.mutability.value}: its values stay what they are"
            )
        if not _isNil(value):
            _checkType(value, declaration.type)
        elif not declaration.isNillable:
            raise TypeViolation(f"a value of {cut(name)} cannot be nil")

    def checkDelete(self, name: QName) -> None:
        """
        Whether the values of a name may be deleted.

        @raise ModifiabilityViolation: clients may not change it
        @raise MutabilityViolation: values of this name never go
        """
        declaration = self._modifiable(name)
        if declaration.mutability is not Mutability.MUTABLE:
            raise MutabilityViolation(
                f"{cut(name)} is {declaration.mutability.value}: its values cannot be deleted"
            )

    def checkCount(self, name: QName, count: int) -> None:
        """
        Whether a name may have so many values.

        @raise CardinalityViolation: it may not
        """
        cardinality = self._declared[name].cardinality
        if not cardinality.admits(count):
            raise CardinalityViolation(
                f"{cut(name)} would have {count} values; its cardinality is {cardinality}"
            )

    def _modifiable(self, name: QName) -> ServiceDataDeclaration:
        declaration = self._declared.get(name)
        if declaration is None or not declaration.isModifiable:
            raise ModifiabilityViolation(f"{cut(name)} is not modifiable by clients")
        return declaration


def _checkType(value: Element, kind: QName) -> None:
    isSimple = kind.namespace == XSD and kind.localName in SIMPLE_TYPES
    if isSimple and not isOfType(value, kind.localName):
        shown = "an element" if len(value) else f'"{cut(value.text or "", 40)}"'
        raise TypeViolation(f"{shown} is no value of {cut(nameOf(value))}: xsd:{kind.localName}")


def _isNil(value: Element) -> bool:
    try:
        return readBoolean(value.get(_NIL, "false"))
    except ParameterError:
        raise TypeViolation(f"xsi:nil of {cut(nameOf(value))} is not true or false") from None
