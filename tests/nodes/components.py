"""Providers and handlers as people write them, most of them wrong in one way."""

from collections.abc import Iterable
from typing import ClassVar

from twisted.internet.defer import Deferred
from zope.interface import implementer

from gma_twisted.interfaces import IResultHandler, ISimpleDataProvider
from gma_twisted.markup import Element
from gma_twisted.model import ProviderRun, ServiceDataElement
from gma_twisted.timing import Ready


@implementer(ISimpleDataProvider)
class Good:
    """Nothing is wrong."""

    name = "good"
    description = "a document that never changes"

    made = 0

    def __init__(self, path: str = "/", depth: int = 1) -> None:
        Good.made += 1
        self.path = path
        self.depth = depth

    def provide(self) -> Ready[bytes]:
        """The document."""
        return Ready(b'<Good xmlns="urn:example"/>')


@implementer(ISimpleDataProvider)
class Slow:
    """A test says when its runs end."""

    name = "slow"
    description = "a document that takes its time"

    waiting: ClassVar[list[Deferred[bytes]]] = []

    def provide(self) -> Deferred[bytes]:
        """The document, later."""
        run: Deferred[bytes] = Deferred()
        self.waiting.append(run)
        return run

    @classmethod
    def finish(cls) -> None:
        """The newest run ends."""
        cls.waiting.pop().callback(b'<Slow xmlns="urn:example"/>')
        cls.waiting.clear()


@implementer(ISimpleDataProvider)
class NoProvide:  # type: ignore[misc]
    """It has no provide()."""

    name = "lame"
    description = "gives nothing"


class Broken(Good):
    """What it gives is no document."""

    def provide(self) -> Ready[bytes]:
        """The beginning of one."""
        return Ready(b"<Good>")


@implementer(ISimpleDataProvider)
class NoDescription:  # type: ignore[misc]
    """It does not say what it is."""

    name = "silent"

    def provide(self) -> Ready[bytes]:
        """The document."""
        return Ready(b"<a/>")


class NotDeclared:
    """It has everything but says nothing of its interface."""

    name = "shy"
    description = "has no @implementer"

    def provide(self) -> Ready[bytes]:
        """The document."""
        return Ready(b"<a/>")


class Needy(Good):
    """It has an argument without default."""

    def __init__(self, host: str) -> None:
        super().__init__()
        self.host = host


class Moody(Good):
    """Its constructor refuses."""

    def __init__(self, level: int = 0) -> None:
        super().__init__()
        raise ValueError(f"level {level} is not\none of mine")


@implementer(IResultHandler)
class Handler:
    """A handler."""

    def handle(self, document: Element, run: ProviderRun) -> Iterable[ServiceDataElement]:
        """Nothing."""
        return ()


@implementer(IResultHandler)
class NoHandler:  # type: ignore[misc]
    """Declares a handler and is none."""


NUMBER = 3
