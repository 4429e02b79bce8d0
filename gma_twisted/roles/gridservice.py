"""The GridService role of a service that lives as long as its node: queries, updates, and no end by request."""

from collections.abc import Awaitable, Iterable, Sequence

from zope.interface import implementer

from gma_twisted.errors import (
    ExtensibilityNotSupported,
    ModifiabilityViolation,
    ServiceNotDestroyed,
    TerminationTimeUnchanged,
    cut,
)
from gma_twisted.interfaces import ICallerQueries, IDemand, IGridService, IQueryLanguage
from gma_twisted.markup.namespaces import ogsi
from gma_twisted.model import (
    OURSELVES,
    Caller,
    Expression,
    NameQuery,
    NameSelector,
    QName,
    Question,
    TerminationTime,
)
from gma_twisted.roles.servicedata import ModifiableServiceData
from gma_twisted.soap.questions import AskedQuestion, noLanguage

__all__ = ["PermanentService"]

_SET = ogsi("setByServiceDataNames")
_DELETE = ogsi("deleteByServiceDataNames")


@implementer(IGridService)
class PermanentService:
    """
    A service that lives as long as its node (OGSI 1.0, chapter 9).

    Its end cannot be asked for.
    """

    def __init__(
        self,
        languages: Iterable[IQueryLanguage],
        modifiable: ModifiableServiceData | None = None,
        missing: Iterable[IQueryLanguage] = (),
        demand: IDemand | None = None,
    ) -> None:
        """
        @param languages: for C{findServiceData}
        @param modifiable: for C{setServiceData}, over the same store; C{None} when clients may change nothing
        @param missing: those it could have, which say what they lack when they are asked
        @param demand: hears of what is asked, and is waited for
        """
        there = list(languages)
        self._known = {one.dialects[0] for one in there}
        self._modifiable = modifiable
        self._demand = demand
        # Each with itself once more, where it has to know who asks.
        self._languages: dict[QName, tuple[IQueryLanguage, ICallerQueries | None]] = {}
        for language in [*missing, *there]:
            for dialect in language.dialects:
                asked = language if ICallerQueries.providedBy(language) else None
                self._languages[dialect] = language, asked

    def findServiceData(
        self, queryExpression: Expression, caller: Caller = OURSELVES
    ) -> Awaitable[bytes]:
        """See L{IGridService}."""
        name = queryExpression.name
        found = self._languages.get(name)
        if found is None:
            raise noLanguage(name, self._known)
        language, asked = found
        query = queryExpression.read(language.read)
        waited = None if self._demand is None else self._demand.asked(_selectorsOf(query))
        if waited is not None:
            return _answerAfter(waited, language, asked, query, caller)
        return _answer(language, asked, query, caller)

    def setServiceData(self, updateExpression: Expression) -> Awaitable[bytes]:
        """See L{IGridService}."""
        if updateExpression.name not in (_SET, _DELETE):
            raise ExtensibilityNotSupported(
                f'"{cut(updateExpression.name)}" is no update here; there are {_SET} and {_DELETE}'
            )
        data = self._modifiable
        if data is None:
            raise ModifiabilityViolation("no service data here is modifiable by clients")
        isSet = updateExpression.name == _SET
        return data.apply(updateExpression.read(data.readSet if isSet else data.readDelete))

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


def _answer(
    language: IQueryLanguage, asked: ICallerQueries | None, query: object, caller: Caller
) -> Awaitable[bytes]:
    return language.answer(query) if asked is None else asked.answerTo(query, caller)


async def _answerAfter(
    waited: Awaitable[object],
    language: IQueryLanguage,
    asked: ICallerQueries | None,
    query: object,
    caller: Caller,
) -> bytes:
    await waited
    return await _answer(language, asked, query, caller)


def _selectorsOf(query: object) -> Sequence[NameSelector]:
    """What a query is about; of a language that is not ours nobody knows: that may be everything."""
    if isinstance(query, AskedQuestion):
        query = query.question
    return query.selectors if isinstance(query, NameQuery | Question) else ()
