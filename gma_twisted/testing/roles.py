"""What every role promises, as tests its author runs: what answers the operations of one or several port types."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.interface import Method

from gma_twisted.errors import GMAError, NotImplementedException, cut
from gma_twisted.execution.verify import checkInterface
from gma_twisted.markup import XMLGate
from gma_twisted.model import Caller, Handle
from gma_twisted.soap import Operation, PortType, openEnvelope
from gma_twisted.soap.calling import readResponse, writeRequest
from gma_twisted.soap.declaration import operationsOf
from gma_twisted.soap.faults import COMMON_FAULTS, FAULTS
from gma_twisted.soap.porttypes import GRID_SERVICE
from gma_twisted.soap.selection import flattened
from gma_twisted.soap.types import Scalar
from gma_twisted.timing import toDeferred
from gma_twisted.transport import Service

__all__ = ["Calls", "RoleContract"]

# A mixin: as a TestCase it would be run by every module that imports it.
if TYPE_CHECKING:
    _Case = SynchronousTestCase
else:
    _Case = object

Calls = Sequence[tuple[str, Mapping[str, Any]]]
"""Operations by name, each with its arguments by part name, as a proxy takes them: expressions are bytes."""

_HANDLE = Handle("http://127.0.0.1:8480/services/contract")
_CALLER = Caller("contract", "127.0.0.1")
_LONGEST = 500


class RoleContract(_Case):
    """
    Mix into a C{SynchronousTestCase} that has L{makeRole}, L{portTypes}, L{goodCalls} and L{badCalls}.

    Calls come to the role as they do over the wire: written by a client, read by the node, the result written and
    read again.
    """

    def makeRole(self) -> object:
        """A new role."""
        raise NotImplementedError("write makeRole: it returns a new role")

    def portTypes(self) -> Sequence[PortType]:
        """
        What the role answers.

        Those they extend come along: what a part of a service leaves to others answers NotImplementedException
        here, as it would in a node without those.
        """
        raise NotImplementedError("write portTypes: it returns what the role answers")

    def goodCalls(self) -> Calls:
        """What is answered, asked of one new role in this order."""
        raise NotImplementedError("write goodCalls: it returns calls that are answered")

    def badCalls(self) -> Calls:
        """What is refused, asked of one new role in this order."""
        return ()

    def settle(self, waiting: "Deferred[Any]") -> None:
        """Give an answer that needs time some; nothing by default."""

    def test_contractDeclarations(self) -> None:
        """Methods take what requests hold, by the same names, and no operation is in the way of GridService's."""
        for portType in self.portTypes():
            self.assertIsInstance(portType, PortType)
        operationsOf(flattened([GRID_SERVICE, *self.portTypes()]))
        for portType in flattened(self.portTypes()):
            for operation in portType.operations:
                self._checkDeclared(portType, operation)

    def test_contractInterfaces(self) -> None:
        """It has every member of the interface of each port type it names, and declares them."""
        role = self.makeRole()
        for portType in self.portTypes():
            checkInterface(role, portType.interface, "")

    def test_contractDescribed(self) -> None:
        """WSDL and GWSDL can be written, and name every operation."""
        service = self._serviceOf(self.makeRole())
        for written in (service.wsdl(True), service.gwsdl()):
            names = {one.get("name") for one in XMLGate().parse(written, "WSDL").iter()}
            for operation in service.selection.operations:
                self.assertIn(operation.name, names)

    def test_contractGoodCalls(self) -> None:
        """Each good call is answered with what the response declares, in both versions of SOAP."""
        service = self._serviceOf(self.makeRole())
        for name, arguments in self.goodCalls():
            value = self.ask(service, name, arguments)
            if isinstance(value, Failure):
                self.fail(f"{name} is a good call, and raised {_said(value)}")
            self._checkAnswer(service, name, value)

    def test_contractBadCalls(self) -> None:
        """Each bad call ends with an error of ours, which the operation declares, and which says something."""
        service = self._serviceOf(self.makeRole())
        for name, arguments in self.badCalls():
            value = self.ask(service, name, arguments)
            if not isinstance(value, Failure):
                self.fail(f"{name} is a bad call, and answered {cut(repr(value))}")
            self._checkFault(service.bound[name].operation, value)

    def test_contractComplete(self) -> None:
        """Every operation has a call here; what a role does not fill in raises NotImplementedException, always."""
        service = self._serviceOf(self.makeRole())
        known = {name for name, _ in (*self.goodCalls(), *self.badCalls())}
        for operation in service.selection.operations:
            if operation.name in known:
                continue
            value = self._given(service, operation, {one.name: None for one in operation.request})
            if not (isinstance(value, Failure) and value.check(NotImplementedException)):
                self.fail(
                    f"{operation.name} has no call: give one in goodCalls or badCalls, "
                    "or let it raise NotImplementedException"
                )

    def ask(self, service: Service, name: str, arguments: Mapping[str, Any]) -> Any:
        """
        Call an operation as a client does.

        @param service: with the role behind it
        @return: what the role's method gave; a C{Failure} of what it raised
        """
        bound = service.bound.get(name)
        if bound is None:
            self.fail(f"no port type of the role has an operation {name}")
        message = XMLGate().parse(writeRequest(bound.operation, arguments), f"request {name}")
        call = service.selection.select(openEnvelope(message), bound.operation.action)
        return self._given(service, call.operation, call.arguments)

    def _given(self, service: Service, operation: Operation, arguments: Mapping[str, Any]) -> Any:
        more = {"caller": _CALLER} if operation.takesCaller else {}
        method = service.bound[operation.name].method

        async def call() -> Any:
            return await method(**arguments, **more)

        return self._endOf(operation.name, call())

    def _endOf(self, name: str, work: Any) -> Any:
        outcome: list[Any] = []
        waiting = toDeferred(work).addBoth(outcome.append)
        self.settle(waiting)
        if not outcome:
            self.fail(f"{name} has no answer; write settle when it needs time")
        return outcome[0]

    def _serviceOf(self, role: object) -> Service:
        return Service(_HANDLE.path, _HANDLE, role, self.portTypes())

    def _checkDeclared(self, portType: PortType, operation: Operation) -> None:
        shown = f"{portType.interface.__name__}.{operation.name}"
        method = portType.interface.get(operation.name)
        if not isinstance(method, Method):
            self.fail(f"{shown} is an operation of {portType.name}, and no method")
        taken = sorted(set(method.getSignatureInfo()["positional"]) - {"caller"})
        parts = sorted(part.name for part in operation.request)
        if taken != parts:
            self.fail(f"{shown} takes {', '.join(taken) or 'nothing'}; its request has {parts}")

    def _checkAnswer(self, service: Service, name: str, value: Any) -> None:
        bound = service.bound[name]
        if bound.isOneWay:
            self.assertIsNone(value, f"{name} is one-way and answered {cut(repr(value))}")
            return

        async def exchanged(isSoap12: bool) -> Any:
            return readResponse(bound.operation, bound.write(value, isSoap12), XMLGate())

        for isSoap12 in (False, True):
            read = self._endOf(name, exchanged(isSoap12))
            if isinstance(read, Failure):
                self.fail(
                    f"{name} answered {cut(repr(value))}, which is no answer of it: {_said(read)}"
                )
            self._checkKinds(bound.operation, value, read)

    def _checkKinds(self, operation: Operation, given: Any, read: Any) -> None:
        parts = operation.response or ()
        several = len(parts) != 1
        if not parts:
            self.assertIsNone(given, f"{operation.name} answers nothing; return None")
            return
        for part, mine, theirs in zip(
            parts, given if several else [given], read if several else [read], strict=True
        ):
            if not isinstance(part.type, Scalar) or part.isMany:
                continue
            isSame = type(mine) is type(theirs) or (type(mine), type(theirs)) == (int, float)
            if not isSame:
                self.fail(
                    f"{operation.name} answers {part.name} as {type(mine).__name__}, "
                    f"clients read {type(theirs).__name__}"
                )

    def _checkFault(self, operation: Operation, raised: Failure) -> None:
        error = raised.value
        if not isinstance(error, GMAError):
            self.fail(
                f"{operation.name} raised {_said(raised)}; clients are told nothing of it: "
                "raise an error of gma_twisted.errors"
            )
        if not error.message.strip() or "\n" in error.message or len(error.message) > _LONGEST:
            self.fail(
                f"{operation.name} raised {_said(raised)}; write one sentence of at most "
                f"{_LONGEST} characters"
            )
        if error.code in FAULTS and error.code not in (*COMMON_FAULTS, *operation.faults):
            self.fail(f"{operation.name} raised {error.code}, which its declaration does not name")


def _said(raised: Failure) -> str:
    return cut(f"{type(raised.value).__name__}: {raised.value}", 240)
