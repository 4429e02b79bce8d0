"""Query languages: how C{findServiceData} reads and answers one kind of expression (OGSI 1.0, 9.2)."""

from collections.abc import Awaitable, Callable, Sequence

from zope.interface import Attribute, Interface

from gma_twisted.errors import GMAError
from gma_twisted.markup.parse import Element
from gma_twisted.model import Caller, NameSelector, QName, Question

__all__ = ["ICallerQueries", "IDemand", "IQueryEngine", "IQueryLanguage", "IStandingQueries"]


class IQueryLanguage(Interface):
    """
    One dialect over one service's data.

    Reading is apart from answering so that an expression that comes again to the byte is read once
    (PERFORMANCE, the way, 4).

    A class named in C{[query.NAME] class} is read by the main service and by those of C{[services.NAME]}; each has an
    object of its own. The keywords of its constructor are C{arguments} of the configuration, but for those the node
    fills itself where the class has them: C{store}, the L{IServiceDataStore
    <gma_twisted.interfaces.stores.IServiceDataStore>} of the service; C{clock}, the node's; C{maxAnswer}, most bytes
    of an answer, C{[limits] max_answer}; C{runtime}, as providers get it. The constructor opens nothing: one is made,
    over an empty store, whenever a configuration is checked. What needs more than a store is an L{IQueryEngine}.
    """

    dialects: Sequence[QName] = Attribute(
        "root elements of the expressions it reads, known once it is made; the first one is advertised, the others are"
        " further spellings of it"
    )

    def read(expression: Element) -> object:
        """
        Check an expression whose root is one of C{dialects}; pure.

        @return: the query, immutable, for L{answer}
        @raise ExtensibilityTypeError: malformed; the message says where
        """

    def answer(query: object) -> Awaitable[bytes]:
        """
        Answer what was read.

        Of an error that is none of those below, and no other L{GMAError <gma_twisted.errors.GMAError>}, the client is
        told that there was one, and the log what it was. What is not there after C{[limits] answer_timeout} is given
        up: the awaitable is cancelled.

        @param query: what L{read} gave
        @return: the one element that goes into C{ogsi:result}; may use the prefixes the envelope declares
            (L{gma_twisted.soap.envelope})
        @raise TargetInvalid: a named service data element is not known
        @raise TooLarge: the answer would pass C{[limits] max_answer}; the message names the cursor way
        """


class IQueryEngine(IQueryLanguage):
    """A language with a life of its own: worker processes, connections, an index that follows the store."""

    def start() -> Awaitable[None]:
        """
        Begin, once, when the store is loaded and before the first expression; it has 10 seconds.

        @raise GMAError: it cannot; the node does not start, and says why
        """

    def stop() -> Awaitable[None]:
        """End, once, after the last expression; it has 10 seconds. Also called when C{start} failed."""


class IDemand(Interface):
    """Who wants to know what is asked of a service: providers that run on demand."""

    def asked(selectors: Sequence[NameSelector]) -> Awaitable[object] | None:
        """
        Somebody asks.

        @param selectors: for which values; none is all of them
        @return: to be waited for before the answer, so that it is of now; C{None} when there is nothing to wait for
        """


class ICallerQueries(IQueryLanguage):
    """
    A language that has to know who asks, to give each caller a share of what it has for all of them.

    What provides it is asked by C{answerTo} for everybody who calls the service; C{answer} is for who asks from within
    the node. Both answer the same.
    """

    def answerTo(query: object, caller: Caller) -> Awaitable[bytes]:
        """
        Answer what was read, as C{answer} does.

        @param caller: who asks; C{caller.owner} is the same for all that one client asks
        @raise Busy: there is too much to do, for all or for this caller; the message says which bound was reached
        """


class IStandingQueries(Interface):
    """Questions that are kept, and whose answers are told when they become other ones: what subscribers want."""

    subscribeDialects: Sequence[QName] = Attribute(
        "root elements of the subscriptions whose questions it keeps; the first one is advertised. None when the node"
        " lacks what the language needs: C{check} says what"
    )

    def check(question: Question, caller: Caller) -> Awaitable[bytes]:
        """
        See that a question can be kept before somebody relies on it, by answering it once. Names in it need not be
        known: it may wait for what is not there yet.

        @param caller: who wants to subscribe, see L{ICallerQueries.answerTo}
        @return: its answer now, as L{watch} tells it
        @raise ExtensibilityNotSupported: the node cannot answer the language; the message says what is missing
        @raise ExtensibilityTypeError: the expression does not compile, or fails; the message says where
        @raise TooLarge: its answer is too large
        @raise Busy: there is too much to do, or as many questions are kept as may be; the message names the bound
        @raise TimedOut: it takes too long
        """

    def watch(
        question: Question,
        changed: Callable[[bytes], None],
        refused: Callable[[GMAError], None],
    ) -> Callable[[], None]:
        """
        Keep a question; its first answer is told too.

        Nothing is called within this, and nothing after C{refused} or the end. A question that can be read and does
        not compile is refused, too.

        @param question: in the language of these standing queries
        @param changed: with each answer that is another one than that before, in order: the one element that goes into
            C{ogsi:message}, written with the prefixes the envelope declares (L{gma_twisted.soap.envelope})
        @param refused: once, when there will be no answer any more, and why
        @return: ends it, as often as it is called
        @raise Busy: as many are kept as may be
        """
