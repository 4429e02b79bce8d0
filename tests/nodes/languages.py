"""Query languages as people write them, most of them wrong in one way."""

from collections.abc import Awaitable, Sequence
from typing import ClassVar

from twisted.internet.defer import Deferred
from zope.interface import implementer

from gma_twisted.errors import Busy, ExtensibilityTypeError
from gma_twisted.interfaces import (
    ICallerQueries,
    IQueryEngine,
    IQueryLanguage,
    IServiceDataStore,
)
from gma_twisted.markup import Element
from gma_twisted.model import Caller, NameQuery, NameSelector, QName
from gma_twisted.timing import NodeClock, Ready

__all__ = ["COUNT", "COUNT_EXPRESSION", "Counting"]

_URI = "urn:example:count"
COUNT = QName(_URI, "count")
COUNT_EXPRESSION = b'<c:count xmlns:c="urn:example:count" namespace="urn:example"/>'


@implementer(IQueryLanguage)
class Counting:
    """Answers how many values there are of a namespace. C{read_} counts what was read by all of them."""

    dialects: Sequence[QName] = (COUNT,)
    read_: ClassVar[list[str]] = []

    def __init__(
        self, store: IServiceDataStore, clock: NodeClock, maxAnswer: int, factor: int = 1
    ) -> None:
        if factor < 1:
            raise ValueError("factor must be positive")
        self._store = store
        self._clock = clock
        self._maxAnswer = maxAnswer
        self._factor = factor

    def read(self, expression: Element) -> str:
        """See L{IQueryLanguage}."""
        namespace = expression.get("namespace")
        if not namespace:
            raise ExtensibilityTypeError("count needs namespace")
        self.read_.append(namespace)
        return namespace

    def answer(self, query: object) -> Awaitable[bytes]:
        """See L{IQueryLanguage}."""
        selector = NameSelector(QName(str(query), "*"))
        count = len(self._store.find(NameQuery((selector,))).elements) * self._factor
        return Ready(
            b'<count xmlns="%s" most="%d">%d</count>' % (_URI.encode(), self._maxAnswer, count)
        )


class Misbehaving:
    """What is asked decides what goes wrong."""

    dialects: Sequence[QName] = (QName(_URI, "misbehave"),)
    cancelled: ClassVar[list[Deferred[bytes]]] = []

    def read(self, expression: Element) -> str:
        """See L{IQueryLanguage}."""
        how = expression.get("how", "")
        if how == "read":
            raise LookupError("secret")
        if how == "readExit":
            raise SystemExit(5)
        return how

    async def answer(self, query: object) -> bytes:
        """See L{IQueryLanguage}."""
        if query == "raise":
            raise LookupError("secret")
        if query == "text":
            return "text"  # type: ignore[return-value]
        if query == "exit":
            raise SystemExit(5)
        if str(query).startswith("<"):
            return str(query).encode()
        if query == "large":
            return b"<large>%s</large>" % (b"x" * 2000)
        return await Deferred(self.cancelled.append)


implementer(IQueryLanguage)(Misbehaving)


@implementer(IQueryEngine)
class Engine(Counting):
    """Has a life of its own, which C{lived} tells."""

    lived: ClassVar[list[str]] = []

    def __init__(self, store: IServiceDataStore, how: str = "") -> None:
        self._held = store
        self._how = how

    async def start(self) -> None:
        """See L{IQueryEngine}."""
        self.lived.append("start" if self._held.names() is not None else "")
        if self._how == "busy":
            raise Busy("not today")
        if self._how == "raise":
            raise ValueError("no\nworker")
        if self._how == "hang":
            await Deferred()

    async def stop(self) -> None:
        """See L{IQueryEngine}."""
        self.lived.append("stop")


@implementer(ICallerQueries)
class Asked(Misbehaving):
    """Answers who asks; what is asked decides what goes wrong, as in L{Misbehaving}."""

    dialects: Sequence[QName] = (QName(_URI, "asked"),)

    def answerTo(self, query: object, caller: Caller) -> Awaitable[bytes]:
        """See L{ICallerQueries}."""
        if query:
            return self.answer(query)
        return Ready(f"<asked by='{caller.owner}'/>".encode())


@implementer(ICallerQueries)
class NoCaller(Counting):  # type: ignore[misc]
    """It wants to know who asks, and cannot be told."""


@implementer(IQueryLanguage)
class NoAnswer:  # type: ignore[misc]
    """It has no answer()."""

    dialects: Sequence[QName] = (COUNT,)

    def read(self, expression: Element) -> str:
        """See L{IQueryLanguage}."""
        return ""


@implementer(IQueryLanguage)
class NoDialect(Counting):
    """It reads nothing."""

    dialects = ()


@implementer(IQueryLanguage)
class ByName(Counting):
    """It reads what the node reads."""

    dialects = (
        QName("http://www.gridforum.org/namespaces/2003/03/OGSI", "queryByServiceDataNames"),
    )


@implementer(IQueryLanguage)
class ByXPath(Counting):
    """So does this, without a namespace."""

    dialects = (QName("", "queryByServiceDataXPath"),)


@implementer(IQueryEngine)
class NoLife(Counting):  # type: ignore[misc]
    """An engine that does not end."""

    def start(self) -> Awaitable[None]:
        """See L{IQueryEngine}."""
        return Ready(None)
