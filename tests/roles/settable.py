"""A service whose data clients may set, asked with whole messages: what the tests of C{setServiceData} share."""

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import GMAError, PartialFailure
from gma_twisted.markup import XMLGate, nameOf
from gma_twisted.markup.namespaces import PREFIXES, SOAP11, XSD
from gma_twisted.model import (
    Declare,
    Handle,
    NameQuery,
    NameSelector,
    QName,
    ServiceDataElement,
)
from gma_twisted.roles import ModifiableServiceData, PermanentService
from gma_twisted.soap import Selection, openEnvelope
from gma_twisted.soap.declaration import Cardinality, Mutability, ServiceDataDeclaration
from gma_twisted.soap.porttypes import GRID_SERVICE
from gma_twisted.stores import MemoryStore, StoreLimits
from gma_twisted.timing import NodeClock, toDeferred

__all__ = ["DECLARED", "HANDLE", "WALL", "SettableCase", "name"]

WALL = 1_700_000_000.0
HANDLE = Handle("http://gate:8480/services/index")

_DONE = "{http://www.gridforum.org/namespaces/2003/03/serviceData}serviceDataValues"
_SPACES = " ".join(
    f'xmlns:{prefix}="{uri}"' for prefix, uri in {**PREFIXES, "a": "urn:a", "e": SOAP11}.items()
)


def name(local: str) -> QName:
    """A name the service has."""
    return QName("urn:a", local)


def _declared(
    local: str, mutability: Mutability, cardinality: str = "0..*", kind: str = "anyType"
) -> ServiceDataDeclaration:
    return ServiceDataDeclaration(
        name(local),
        QName(XSD, kind),
        Cardinality.parse(cardinality),
        mutability,
        isNillable=local == "nillable",
        isModifiable=local != "closed",
    )


DECLARED = [
    _declared("load", Mutability.MUTABLE),
    _declared("number", Mutability.MUTABLE, "1..2", "int"),
    _declared("nillable", Mutability.MUTABLE, "0..*", "int"),
    _declared("log", Mutability.EXTENDABLE),
    _declared("notes", Mutability.EXTENDABLE, "2..3", "string"),
    _declared("fixed", Mutability.STATIC),
    _declared("constant", Mutability.CONSTANT),
    _declared("closed", Mutability.MUTABLE),
]


class SettableCase(SynchronousTestCase):
    """Over a store that knows the declared names, and one more that is not declared."""

    limits = StoreLimits()

    def setUp(self) -> None:
        """The service."""
        self.time = Clock()
        self.time.advance(100)
        self.clock = NodeClock(self.time, lambda: WALL + self.time.seconds())
        self.store = MemoryStore(self.clock, self.limits)
        names = [*(one.name for one in DECLARED), name("known")]
        self.successResultOf(toDeferred(self.store.commit([Declare(names)])))
        self.role = self.made(self.store)
        self.selection = Selection([GRID_SERVICE])

    def made(self, store: MemoryStore) -> PermanentService:
        """A service over a store."""
        return PermanentService([], ModifiableServiceData(store, self.clock, HANDLE, DECLARED))

    def update(self, expression: str) -> Awaitable[bytes]:
        """
        What a message with an expression answers, not waited for.

        @param expression: prefixes of ours and C{a} are declared around it
        """
        return self.role.setServiceData(**self.asked("setServiceData", expression))

    def asked(self, operation: str, content: str) -> Mapping[str, Any]:
        """The arguments a message has. @param content: of its one part"""
        (part,) = next(one for one in GRID_SERVICE.operations if one.name == operation).request
        message = (
            f"<e:Envelope {_SPACES}><e:Body><ogsi:{operation}><ogsi:{part.name}>{content}"
            f"</ogsi:{part.name}></ogsi:{operation}></e:Body></e:Envelope>"
        )
        opened = openEnvelope(XMLGate().parse(message.encode()))
        return self.selection.select(opened, None).arguments

    def does(self, expression: str) -> None:
        """An update is done, and answered with no values."""
        answer = self.successResultOf(toDeferred(self.update(expression)))
        tree = XMLGate().parse(f"<r {_SPACES}>".encode() + answer + b"</r>")[0]
        self.assertEqual((nameOf(tree).clark, len(tree), tree.text), (_DONE, 0, None))

    def fails(self, expression: str, kind: type[GMAError]) -> GMAError:
        """An update is refused. @return: with this"""
        try:
            waiting = toDeferred(self.update(expression))
        except GMAError as error:
            found = error
        else:
            found = self.failureResultOf(waiting, GMAError).value
        self.assertIs(type(found), kind, found)
        return found

    def failsPartly(self, expression: str) -> list[tuple[str, str]]:
        """An update is done in part. @return: names that failed, and the class of the cause"""
        error = self.fails(expression, PartialFailure)
        assert isinstance(error, PartialFailure)
        return [(QName.parse(one).localName, type(cause).__name__) for one, cause in error.failures]

    def set(self, values: str) -> str:
        """The expression that sets values."""
        return f"<ogsi:setByServiceDataNames>{values}</ogsi:setByServiceDataNames>"

    def delete(self, *names: str) -> str:
        """The expression that deletes the values of names in C{urn:a}."""
        listed = "".join(f"<ogsi:name>a:{one}</ogsi:name>" for one in names)
        return f"<ogsi:deleteByServiceDataNames>{listed}</ogsi:deleteByServiceDataNames>"

    def elements(self, local: str) -> Sequence[ServiceDataElement]:
        """The values of a name."""
        return self.store.find(NameQuery((NameSelector(name(local)),))).elements

    def texts(self, local: str) -> list[str]:
        """The texts of the values of a name."""
        return _texts(self.elements(local))


def _texts(elements: Iterable[ServiceDataElement]) -> list[str]:
    trees = [XMLGate().parse(one.content) for one in elements]
    return ["".join(map(str, tree.itertext())) for tree in trees]
