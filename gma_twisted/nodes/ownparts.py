"""Objects of the operator's classes as parts of a node: what they do is bounded, and their errors name them."""

import math
from collections.abc import Awaitable, Callable, Sequence
from typing import cast

import attrs
from twisted.internet.defer import CancelledError
from twisted.logger import Logger
from zope.interface import implementer

from gma_twisted.errors import ParameterError, ServiceError, TooLarge
from gma_twisted.hosting.created import PATIENCE
from gma_twisted.interfaces import (
    ICallerQueries,
    ICreatedService,
    IQueryLanguage,
    ServicePlace,
)
from gma_twisted.markup import Element, checkOneElement
from gma_twisted.model import Caller, QName
from gma_twisted.nodes.part import Part, naming, reasonOf
from gma_twisted.soap.envelope import DECLARED
from gma_twisted.timing import NodeClock, Ready, runWithin

__all__ = ["OwnLanguage", "OwnPart", "PlacedService", "ownLanguage"]

log = Logger()

_LOOKED_AT = 1024 * 1024
"""Bytes of the largest answer that is looked at: it takes about 15 ms, in which the node does nothing else."""


@attrs.define(slots=True, eq=False)
class OwnPart:
    """
    Begins and ends such an object; one that never began does not end.

    @ivar part: the object
    @ivar what: section and class, for messages
    @ivar clock: the node's
    @ivar seconds: it has to begin, and to end; C{inf} for as long as it takes
    """

    part: Part
    what: str
    clock: NodeClock
    seconds: float = PATIENCE
    _hasBegun: bool = attrs.field(default=False, init=False)

    async def start(self) -> None:
        """See L{Part.start}. @raise ServiceError: whatever it raised, in one line"""
        self._hasBegun = True
        late = self.clock.callLater(PATIENCE, self._tellLate) if self.seconds > PATIENCE else None
        try:
            with naming(self.what):
                await runWithin(self.part.start(), self.seconds, self.clock, "its start", self.what)
        except CancelledError:
            log.warn("{what}: its start was cancelled", what=self.what)
            raise
        finally:
            if late is not None and late.active():
                late.cancel()

    async def stop(self) -> None:
        """See L{Part.stop}. @raise ServiceError: whatever it raised, in one line, which the log has already"""
        if self._hasBegun:
            self._hasBegun = False
            try:
                with naming(self.what, "does not stop well"):
                    await runWithin(
                        self.part.stop(), self.seconds, self.clock, "its stop", self.what
                    )
            except ServiceError as error:
                # Only one of those that do not stop well reaches whoever stops them all.
                log.error("{why}", why=error.message)
                raise

    def _tellLate(self) -> None:
        log.warn(
            "{what} has not started after {seconds:g} s; the node waits for it",
            what=self.what,
            seconds=PATIENCE,
        )


@attrs.frozen(slots=True, eq=False)
class PlacedService:
    """
    A service that knows where it lives; to begin and to end.

    @ivar service: what a class adds to GridService
    @ivar place: where it lives
    """

    service: ICreatedService
    place: ServicePlace

    def start(self) -> Awaitable[None]:
        """See L{ICreatedService.start}."""
        return self.service.start(self.place)

    def stop(self) -> Awaitable[None]:
        """See L{ICreatedService.stop}."""
        return self.service.stop()


@implementer(IQueryLanguage)
@attrs.frozen(slots=True, eq=False)
class OwnLanguage:
    """
    A language whose answers are one element, in no more bytes than an answer may have.

    An answer of more than a mebibyte is not looked at: what a client cannot read then is between it and the language.

    @ivar language: reads and answers
    @ivar what: section and class, for messages
    @ivar maxAnswer: bytes
    """

    language: IQueryLanguage
    what: str
    maxAnswer: float = math.inf

    @property
    def dialects(self) -> Sequence[QName]:
        """See L{IQueryLanguage}."""
        with naming(self.what):
            found: Sequence[QName] = self.language.dialects
        return found

    def read(self, expression: Element) -> object:
        """See L{IQueryLanguage.read}."""
        try:
            return self.language.read(expression)
        except (SystemExit, KeyboardInterrupt) as error:
            raise self._ended(error) from error

    def answer(self, query: object) -> Awaitable[bytes]:
        """
        See L{IQueryLanguage.answer}.

        @raise TooLarge: the answer has more than C{maxAnswer} bytes
        @raise TypeError: it is not bytes
        @raise ValueError: it is not one element
        """
        return self._answered(lambda: self.language.answer(query))

    def _answered(self, ask: Callable[[], Awaitable[bytes]]) -> Awaitable[bytes]:
        try:
            found = ask()
        except (SystemExit, KeyboardInterrupt) as error:
            raise self._ended(error) from error
        if isinstance(found, Ready):
            return Ready(self._checked(found.value))
        return self._later(found)

    async def _later(self, answer: Awaitable[bytes]) -> bytes:
        try:
            given = await answer
        except (SystemExit, KeyboardInterrupt) as error:
            raise self._ended(error) from error
        return self._checked(given)

    def _ended(self, error: BaseException) -> Exception:
        """What would cut the connection, or end the node, as an error like the others of a language."""
        return RuntimeError(f"{self.what} raises {reasonOf(error)}")

    def _checked(self, answer: bytes) -> bytes:
        if not isinstance(answer, bytes):
            raise TypeError(f"{self.what} answers {type(answer).__name__}, not bytes")
        if len(answer) > self.maxAnswer:
            raise TooLarge(
                f"the answer has {len(answer)} bytes, more than max_answer, {self.maxAnswer}"
            )
        if len(answer) <= _LOOKED_AT:
            try:
                checkOneElement(answer, DECLARED)
            except ParameterError as error:
                raise ValueError(f"{self.what} answers no element: {error.message}") from error
        return answer


@implementer(ICallerQueries)
@attrs.frozen(slots=True, eq=False)
class _OwnCallerLanguage(OwnLanguage):
    """One that has to know who asks; C{language} is an L{ICallerQueries}."""

    def answerTo(self, query: object, caller: Caller) -> Awaitable[bytes]:
        """See L{ICallerQueries.answerTo}; errors as of L{answer}."""
        language = cast(ICallerQueries, self.language)
        return self._answered(lambda: language.answerTo(query, caller))


def ownLanguage(language: IQueryLanguage, what: str, maxAnswer: float = math.inf) -> OwnLanguage:
    """
    A language as the node asks it, with the caller where it wants to know; parameters as of L{OwnLanguage}.
    """
    if ICallerQueries.providedBy(language):
        return _OwnCallerLanguage(language, what, maxAnswer)
    return OwnLanguage(language, what, maxAnswer)
