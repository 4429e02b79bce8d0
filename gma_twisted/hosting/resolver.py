"""The HandleResolver of a node: it knows the services of its own node and no others (OGSI 1.0, chapter 11)."""

from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import SplitResult, unquote, urlsplit

import attrs
from zope.interface import implementer

from gma_twisted.errors import (
    GMAError,
    InvalidHandle,
    NoAdditionalReferencesAvailable,
    NoSuchService,
    ServiceHasTerminated,
    UnknownId,
    cut,
)
from gma_twisted.hosting.values import StandardValues, wsdlUrl
from gma_twisted.interfaces import IHandleResolver
from gma_twisted.markup import XMLGate
from gma_twisted.markup.build import escapeText
from gma_twisted.markup.namespaces import GMA, OGSI
from gma_twisted.model import Handle, Locator, QName, ServiceDataElement
from gma_twisted.timing import NodeClock, Ready

__all__ = ["HandleResolver", "wsdlReference"]

_PORTS = {"http": 80, "https": 443}
_WSDL = f"{{{GMA}}}wsdl"
# What tells most: the service is there but for references, it was there, it is not, others may know.
_TELLING = (NoAdditionalReferencesAvailable, ServiceHasTerminated, NoSuchService, InvalidHandle)


@implementer(IHandleResolver)
@attrs.frozen(slots=True, eq=False)
class HandleResolver:
    """
    Finds services of its node; handles of others are refused.

    A handle is of this node when it begins with one of the base URLs; host names in any case and the scheme's own
    port left out are the same. Of several handles the first that resolves is answered. The one reference to a
    service says where its WSDL is; a caller that excludes it is told that there is no other.

    @ivar bases: URLs of scheme, host and port; the first one begins the handles that are answered
    @ivar locate: the port types of the service at a decoded path; raises L{UnknownId} or L{ServiceHasTerminated}
    """

    bases: Sequence[str]
    locate: Callable[[str], Sequence[QName]]
    _origins: frozenset[tuple[str, str, int | None]] = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        origins = frozenset(_origin(urlsplit(base)) for base in self.bases)
        object.__setattr__(self, "_origins", origins)

    def findByHandle(
        self, handleSet: Locator, gsrExclusionSet: Locator | None
    ) -> Awaitable[Locator]:
        """See L{IHandleResolver}."""
        excluded = _wsdlsOf(gsrExclusionSet) if gsrExclusionSet is not None else frozenset()
        reasons: list[GMAError] = []
        for handle in handleSet.handles:
            try:
                return Ready(self._find(handle, excluded))
            except _TELLING as error:
                reasons.append(error)
        if not reasons:
            raise InvalidHandle("no handle was given")
        raise min(reasons, key=_rank)

    def _find(self, handle: Handle, excluded: frozenset[str]) -> Locator:
        parts = urlsplit(handle.url)
        if _origin(parts) not in self._origins:
            raise InvalidHandle(f'"{cut(handle)}" is no handle of this node; ask {parts.netloc}')
        if parts.query:
            raise NoSuchService(f'"{cut(handle)}": no service here has a query in its handle')
        path = unquote(parts.path)
        try:
            interfaces = tuple(self.locate(path))
        except UnknownId:
            raise NoSuchService(f"there is no service at {cut(path)}") from None
        own = Handle(self.bases[0] + parts.path)
        if not excluded.isdisjoint((wsdlUrl(own), wsdlUrl(handle))):
            raise NoAdditionalReferencesAvailable(
                f"{cut(own)} has one reference, its WSDL, and that is excluded"
            )
        return Locator((own,), interfaces, (wsdlReference(own),))

    def serviceData(self, originator: Handle, clock: NodeClock) -> Sequence[ServiceDataElement]:
        """C{handleResolverScheme}: a value for each scheme of handles that are resolved here."""
        values = StandardValues(originator, clock.seconds(), clock.wallTime())
        return [
            values.value("handleResolverScheme", "xsd:anyURI", scheme.encode(), scheme)
            for scheme in sorted({scheme for scheme, _, _ in self._origins})
        ]


def wsdlReference(handle: Handle) -> bytes:
    """The C{ogsi:reference} to a service of this node, in canonical bytes: where its WSDL is."""
    return (
        f'<ogsi:reference xmlns:ogsi="{OGSI}"><gma:wsdl xmlns:gma="{GMA}">'
        f"{escapeText(wsdlUrl(handle))}</gma:wsdl></ogsi:reference>"
    ).encode()


def _wsdlsOf(locator: Locator) -> frozenset[str]:
    # By what they say: a toolkit that read a reference writes it with prefixes of its own.
    return frozenset(
        (node.text or "").strip()
        for reference in locator.references
        for node in XMLGate().parse(reference, "reference").iter(_WSDL)
    )


def _origin(parts: SplitResult) -> tuple[str, str, int | None]:
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(scheme)


def _rank(error: GMAError) -> int:
    return next(place for place, kind in enumerate(_TELLING) if isinstance(error, kind))
