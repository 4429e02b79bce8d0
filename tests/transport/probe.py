"""A service with a reading, a writing and a one-way operation, and all that an Exchange asks."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar

import attrs
from zope.interface import Interface, implementer

from gma_twisted.errors import Refused
from gma_twisted.interfaces import IAudit, IIdentify, IPolicy, Request
from gma_twisted.model import Access, Deed, Handle, QName, SecurityHeader, Whose
from gma_twisted.soap import Operation, PortType
from gma_twisted.soap.types import STRING, Part
from gma_twisted.timing import Ready
from gma_twisted.transport import Service

__all__ = ["PROBE", "Guard", "IProbe", "Role", "envelope", "service"]

_NAMESPACE = "urn:example:probe"


class IProbe(Interface):
    """What it does."""

    def ask(word: str) -> Awaitable[str]:
        """Read."""

    def change(word: str) -> Awaitable[str]:
        """Write."""

    def tell(word: str) -> Awaitable[None]:
        """Write, one-way, all the time."""


PROBE = PortType(
    QName(_NAMESPACE, "Probe"),
    IProbe,
    (
        Operation(
            _NAMESPACE,
            "ask",
            (Part("word", STRING),),
            (Part("word", STRING),),
            access=Access.READ,
            isRead=True,
        ),
        Operation(
            _NAMESPACE,
            "change",
            (Part("word", STRING),),
            (Part("word", STRING),),
            access=Access.WRITE,
        ),
        Operation(
            _NAMESPACE, "tell", (Part("word", STRING),), None, access=Access.NOTIFY, isRoutine=True
        ),
        Operation(_NAMESPACE, "missing", (), (), access=Access.READ, isRead=True),
    ),
)


@implementer(IProbe)
@attrs.define(eq=False)
class Role:
    """
    Does what a test says.

    @ivar does: by default gives the word back, ready
    @ivar called: operations and words
    """

    does: Callable[[str], Any] = Ready
    called: list[tuple[str, str]] = attrs.field(factory=list)

    def ask(self, word: str) -> Awaitable[str]:
        """See L{IProbe}."""
        result: Awaitable[str] = self._do("ask", word)
        return result

    def change(self, word: str) -> Awaitable[str]:
        """See L{IProbe}."""
        result: Awaitable[str] = self._do("change", word)
        return result

    def tell(self, word: str) -> Awaitable[None]:
        """See L{IProbe}."""
        result: Awaitable[None] = self._do("tell", word)
        return result

    def _do(self, operation: str, word: str) -> Any:
        self.called.append((operation, word))
        return self.does(word)


@implementer(IPolicy, IIdentify, IAudit)
@attrs.define(eq=False)
class Guard:
    """
    Identity, policy and audit of a test.

    @ivar refuses: operations that are refused, by local name
    @ivar asked: (identity, operation, path) of every question
    @ivar recorded: (identity, peer, operation, path, result) of every record
    @ivar whose: what callers may renew and end
    """

    isSecurityRead: ClassVar[bool] = False
    refuses: set[str] = attrs.field(factory=set)
    asked: list[tuple[str, str, str]] = attrs.field(factory=list)
    recorded: list[tuple[str, ...]] = attrs.field(factory=list)
    whose: Whose = Whose.HELD
    isGuard: bool = True

    def identify(self, request: Request, security: SecurityHeader | None = None) -> str:
        """See L{IIdentify}."""
        if request.authorization == b"wrong":
            raise Refused("who is that?")
        return (request.authorization or b"nobody").decode()

    def check(self, identity: str, operation: str, path: str, access: Access) -> Whose:
        """See L{IPolicy}."""
        self.asked.append((identity, operation, path))
        if operation.rpartition("}")[2] in self.refuses:
            raise Refused(f"{operation} of {path} is not for {identity}")
        return self.whose

    def admit(self) -> None:
        """See L{IAudit}."""

    def counts(self) -> Mapping[str, int]:
        """See L{IAudit}."""
        return {}

    def record(self, deed: Deed) -> None:
        """See L{IAudit}."""
        self.recorded.append((deed.identity, deed.peer, deed.operation, deed.path, deed.result))


def service(role: object, path: str = "/services/probe") -> Service:
    """The service around a role."""
    return Service(path, Handle("http://gate" + path), role, [PROBE])


def envelope(operation: str, word: str = "w", isSoap12: bool = False, header: str = "") -> bytes:
    """A request message."""
    soap = (
        "http://www.w3.org/2003/05/soap-envelope"
        if isSoap12
        else "http://schemas.xmlsoap.org/soap/envelope/"
    )
    content = "" if operation == "missing" else f"<p:word>{word}</p:word>"
    return (
        f'<s:Envelope xmlns:s="{soap}" xmlns:p="{_NAMESPACE}">{header}<s:Body>'
        f"<p:{operation}>{content}</p:{operation}></s:Body></s:Envelope>"
    ).encode()
