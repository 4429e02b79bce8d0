"""The GridService role every service of a node has: queries by language, and no end by request."""

from collections.abc import Awaitable, Iterable

from zope.interface import implementer

from gma_twisted.errors import (
    ExtensibilityNotSupported,
    ExtensibilityTypeError,
    IncorrectValue,
    ModifiabilityViolation,
    ServiceNotDestroyed,
    TerminationTimeUnchanged,
    cut,
)
from gma_twisted.interfaces import IGridService, IQueryLanguage, IServiceDataStore
from gma_twisted.markup import Element, nameOf
from gma_twisted.markup.namespaces import ogsi
from gma_twisted.markup.xsd import readQName
from gma_twisted.model import Expression, QName, TerminationTime

__all__ = ["PermanentService"]

_SET = ogsi("setByServiceDataNames")
_DELETE = ogsi("deleteByServiceDataNames")


@implementer(IGridService)
class PermanentService:
    """
    A service that lives as long as its node (OGSI 1.0, chapter 9).

    Its end cannot be asked for, and none of its service data is declared modifiable.
    """

    def __init__(self, store: IServiceDataStore, languages: Iterable[IQueryLanguage]) -> None:
        """
        @param store: names what can be set, or could be
        @param languages: for C{findServiceData}, over the same store
        """
        self._store = store
        self._languages = {
            dialect: language for language in languages for dialect in language.dialects
        }

    def findServiceData(self, queryExpression: Expression) -> Awaitable[bytes]:
        """See L{IGridService}."""
        language = self._languages.get(queryExpression.name)
        if language is None:
            known = ", ".join(sorted({each.dialects[0].clark for each in self._languages.values()}))
            raise ExtensibilityNotSupported(
                f'"{cut(queryExpression.name)}" is no query language here; there are {known}'
            )
        return language.answer(queryExpression.read(language.read))

    def setServiceData(self, updateExpression: Expression) -> Awaitable[bytes]:
        """See L{IGridService}."""
        if updateExpression.name not in (_SET, _DELETE):
            raise ExtensibilityNotSupported(
                f'"{cut(updateExpression.name)}" is no update here; there are {_SET} and {_DELETE}'
            )
        isSet = updateExpression.name == _SET
        names = updateExpression.read(_valueNames if isSet else _listedNames)
        known = set(self._store.names())
        for name in names:
            if name not in known:
                raise IncorrectValue(f'the service data name "{cut(name)}" is not known here')
        shown = ", ".join(cut(name) for name in names)
        raise ModifiabilityViolation(f"not modifiable by clients: {shown}")

    def requestTerminationAfter(self, terminationTime: float) -> Awaitable[TerminationTime]:
        """See L{IGridService}."""
        raise TerminationTimeUnchanged(
            "this service lives as long as its node; its end stays infinity"
        )

    def requestTerminationBefore(self, terminationTime: float) -> Awaitable[TerminationTime]:
        """See L{IGridService}."""
        raise TerminationTimeUnchanged(
            "this service lives as long as its node; its end stays infinity"
        )

    def destroy(self) -> Awaitable[None]:
        """See L{IGridService}."""
        raise ServiceNotDestroyed("this service lives as long as its node; stop the node to end it")


def _valueNames(expression: Element) -> tuple[QName, ...]:
    return _named(expression, tuple(nameOf(child) for child in expression))


def _listedNames(expression: Element) -> tuple[QName, ...]:
    return _named(
        expression, tuple(readQName(child.text or "", child.nsmap) for child in expression)
    )


def _named(expression: Element, names: tuple[QName, ...]) -> tuple[QName, ...]:
    if not names:
        raise ExtensibilityTypeError(f"{nameOf(expression).localName} names no service data")
    return names
