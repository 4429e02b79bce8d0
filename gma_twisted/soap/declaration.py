"""Operations and port types, declared once: selection, proxy and WSDL all read these (ARCHITECTURE rule 10)."""

import enum
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Self

import attrs
from zope.interface.interface import InterfaceClass

from gma_twisted.errors import ConfigError, ParameterError, cut
from gma_twisted.markup.namespaces import PREFIXES
from gma_twisted.model import Access, QName
from gma_twisted.soap.types import Layout, Part, Struct

__all__ = [
    "ANY",
    "ONE",
    "SOME",
    "Cardinality",
    "InitialServiceData",
    "Mutability",
    "Operation",
    "PortType",
    "ServiceDataDeclaration",
    "accessOf",
    "operationsOf",
    "structsOf",
]

_CARDINALITY = re.compile(r"([0-9]{1,9})\.\.([0-9]{1,9}|\*)")


class Mutability(enum.Enum):
    """How values may change (OGSI 1.0, 6.2.2)."""

    STATIC = "static"
    CONSTANT = "constant"
    EXTENDABLE = "extendable"
    MUTABLE = "mutable"


@attrs.frozen(slots=True)
class Cardinality:
    """
    How many values there may be.

    @ivar least: minOccurs
    @ivar most: maxOccurs, C{None} for unbounded
    """

    least: int
    most: int | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read C{0..1}, C{1..*} and the like.

        @raise ParameterError: malformed, or none can be between the two
        """
        found = _CARDINALITY.fullmatch(text.strip())
        if found is None:
            raise ParameterError(
                f'"{cut(text)}" is no cardinality', cure='write "0..1", "1..1", "0..*" or "1..*"'
            )
        least, most = int(found[1]), None if found[2] == "*" else int(found[2])
        if most is not None and not max(least, 1) <= most:
            raise ParameterError(
                f'"{cut(text)}" admits nothing', cure="write the smaller number first"
            )
        return cls(least, most)

    def admits(self, count: int) -> bool:
        """Whether there may be that many."""
        return self.least <= count and (self.most is None or count <= self.most)

    def __str__(self) -> str:
        return f"{self.least}..{'*' if self.most is None else self.most}"


ONE = Cardinality(1, 1)
SOME = Cardinality(1, None)
ANY = Cardinality(0, None)


@attrs.frozen(slots=True, eq=False)
class ServiceDataDeclaration:
    """
    sd:serviceData of a port type (OGSI 1.0, 6.2).

    @ivar name: the service data name
    @ivar type: schema type of a value
    @ivar cardinality: how many
    @ivar mutability: how they change
    @ivar isNillable: whether a value may be xsi:nil
    @ivar isModifiable: whether clients may set it
    """

    name: QName
    type: QName
    cardinality: Cardinality
    mutability: Mutability = Mutability.EXTENDABLE
    isNillable: bool = False
    isModifiable: bool = False


@attrs.frozen(slots=True, eq=False)
class InitialServiceData:
    """
    Service data one service has beside that of its port types.

    @ivar declaration: what may be done to it
    @ivar values: what it has from the start, each a whole element; those of static and constant ones are for ever
    """

    declaration: ServiceDataDeclaration
    values: Sequence[bytes] = ()

    @property
    def isFixed(self) -> bool:
        """Whether the values stay what they are."""
        return self.declaration.mutability in (Mutability.STATIC, Mutability.CONSTANT)


@attrs.frozen(slots=True, eq=False)
class Operation:
    """
    One operation, document/literal wrapped.

    @ivar namespace: of request, response and their parts
    @ivar name: wire name, interface method and request element are all this
    @ivar request: parts of the request; their names are the method's parameters
    @ivar response: parts of the response. One part: the method returns its value. Several: a tuple in this
        order. None at all (an empty sequence): C{None}. C{None} instead of a sequence: one-way
    @ivar access: what it counts as for a policy; required. Of what L{isEnd}, a port type of the service may say
        otherwise: see L{accessOf}
    @ivar alsoNeeds: an operation of the same service that the caller must be let call too, because this one brings
        what that one tells
    @ivar faults: codes of errors it declares beside the common ones
    @ivar isRead: changes nothing, so the same bytes may be read from memory (PERFORMANCE, the way, 4)
    @ivar isRoutine: comes as often as something changes somewhere, so that only what is not done of it is audited
    @ivar isEnd: moves the end of the service, or brings it
    @ivar takesCaller: the method gets who asks as C{caller}, which is not on the wire
    @ivar target: part of the request, a URL, an id or several, that says in the audit on what it was done; empty for
        the first service among the parts
    @ivar documentation: one sentence for the WSDL and the operation reference
    @ivar action: SOAPAction as the WSDL declares it
    @ivar requestLayout: C{request} as children
    @ivar responseLayout: C{response} as children, without any of a one-way operation
    """

    namespace: str
    name: str
    request: Sequence[Part]
    response: Sequence[Part] | None
    access: Access = attrs.field(kw_only=True)
    alsoNeeds: "Operation | None" = attrs.field(default=None, kw_only=True)
    faults: Sequence[str] = ()
    isRead: bool = False
    isRoutine: bool = False
    isEnd: bool = False
    takesCaller: bool = False
    target: str = attrs.field(default="", kw_only=True)
    documentation: str = ""
    action: str = attrs.field(init=False)
    requestLayout: Layout = attrs.field(init=False, repr=False)
    responseLayout: Layout = attrs.field(init=False, repr=False)

    @action.default
    def _declaredAction(self) -> str:
        return f"{self.namespace}#{self.name}"

    @requestLayout.default
    def _layoutOfRequest(self) -> Layout:
        return Layout(self.namespace, self.request)

    @responseLayout.default
    def _layoutOfResponse(self) -> Layout:
        return Layout(self.namespace, self.response or ())

    @property
    def requestName(self) -> QName:
        """Name of the element in the Body that selects this operation."""
        return QName(self.namespace, self.name)

    @property
    def responseName(self) -> QName:
        """Name of the element in the answer's Body."""
        return QName(self.namespace, self.name + "Response")


@attrs.frozen(slots=True, eq=False)
class PortType:
    """
    A set of operations with an interface to fill it in.

    @ivar name: the port type's name
    @ivar interface: what roles and proxies provide
    @ivar operations: own ones, without those of C{extends}
    @ivar serviceData: own declarations
    @ivar staticValues: (service data name, QName value of its C{inputElement}) pairs
    @ivar extends: port types it includes
    @ivar ends: what moving and bringing the end of a service of this port type counts as; C{None}: as declared
    """

    name: QName
    interface: InterfaceClass
    operations: Sequence[Operation]
    serviceData: Sequence[ServiceDataDeclaration] = ()
    staticValues: Sequence[tuple[QName, QName]] = ()
    extends: "Sequence[PortType]" = ()
    ends: Access | None = None


def operationsOf(portTypes: Iterable[PortType]) -> list[Operation]:
    """
    Every operation of one service, in order.

    @param portTypes: flattened
    @raise ConfigError: two operations of one local name (a flattened port type loses one silently in clients), or
        a message with two namespaces that are not ours (they would need two prefixes)
    """
    found: dict[str, Operation] = {}
    for portType in portTypes:
        for operation in portType.operations:
            other = found.setdefault(operation.name, operation)
            if other is not operation:
                raise ConfigError(
                    f"operation {operation.name} of {portType.name} is already declared in {other.namespace};"
                    " one service cannot have both",
                    cure="leave one of the two port types out",
                )
            _checkNamespaces(operation)
    return list(found.values())


def accessOf(operation: Operation, portTypes: Iterable[PortType]) -> Access:
    """
    What an operation counts as at a service: an entry is not ended as a subscription is.

    @param portTypes: of the service, flattened
    """
    if operation.isEnd:
        for one in portTypes:
            if one.ends is not None:
                return one.ends
    return operation.access


def structsOf(operation: Operation) -> Iterator[Struct]:
    """The structures in an operation's messages, inner ones first; one may come twice."""
    for part in (*operation.request, *(operation.response or ())):
        yield from _structsIn(part)


def _structsIn(part: Part) -> Iterator[Struct]:
    if isinstance(part.type, Struct):
        for inner in part.type.parts:
            yield from _structsIn(inner)
        yield part.type


def _checkNamespaces(operation: Operation) -> None:
    used = {operation.namespace, *(struct.xsd.namespace for struct in structsOf(operation))}
    foreign = sorted(used.difference(PREFIXES.values()))
    if len(foreign) > 1:
        raise ConfigError(
            f"operation {operation.name} mixes the namespaces {' and '.join(foreign)}",
            cure="use one",
        )
