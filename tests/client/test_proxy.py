"""Proxies: the peer's methods here, with its results and its errors."""

import inspect
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from gma_twisted import errors
from gma_twisted.client import Proxy, RemoteOperation
from gma_twisted.errors import ConfigError, PeerError, PeerFault
from gma_twisted.interfaces import ICaller, IGridService, IProviderExecution, Reply
from gma_twisted.markup import XMLGate, XMLLimits
from gma_twisted.model import (
    OURSELVES,
    Access,
    Caller,
    ExecutionRequest,
    Expression,
    Handle,
    ProviderDescription,
    QName,
)
from gma_twisted.soap import Operation, PortType, writeFault
from gma_twisted.soap.porttypes import GRID_SERVICE, PROVIDER_EXECUTION
from gma_twisted.timing import toDeferred
from tests.client.peer import CannedCaller, PeerCaller
from tests.soap.sample import SAMPLE, ISample

_HANDLE = Handle("http://peer:8480/services/index")
_PORT_TYPES = [GRID_SERVICE, PROVIDER_EXECUTION, SAMPLE]


class _Role:
    """What is at the other end."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def findServiceData(self, queryExpression: Expression, caller: Caller = OURSELVES) -> bytes:
        if queryExpression.name.localName == "nope":
            raise errors.TargetInvalid("no such data", name="nope")
        return b"<sd:serviceDataValues/>"

    def setServiceData(self, updateExpression: Expression) -> bytes:
        if updateExpression.name.localName == "twice":
            raise errors.ServiceAlreadyExists("it is there", "http://h/services/x")
        cause = errors.CardinalityViolation("too many")
        raise errors.PartialFailure("1 of 2", [("{urn:a}load", cause)])

    def enumProviders(self, rescanConfig: bool) -> list[ProviderDescription]:
        return [ProviderDescription(str(rescanConfig), "", "", (), False)]

    def executeProvider(self, ServiceDataProviderExecution: ExecutionRequest) -> None:
        self.told.append(ServiceDataProviderExecution)

    def swap(self, pair: tuple[str, int], times: int | None) -> tuple[str, int]:
        return pair[0] * (times or 1), pair[1]

    def tell(self, message: Expression) -> None:
        self.told.append(message.name)


class ProxyTests(SynchronousTestCase):
    """A proxy before a role that works."""

    def setUp(self) -> None:
        """One role, one proxy."""
        self.role = _Role()
        self.caller = PeerCaller(_PORT_TYPES, self.role)
        self.proxy = Proxy(_PORT_TYPES, _HANDLE, self.caller, 12.5)

    def _result(self, awaitable: Any) -> Any:
        return self.successResultOf(toDeferred(awaitable))

    def test_typedFaults(self) -> None:
        """A fault that says more than words says it here too: what failed and why, what exists already."""
        error = self.failureResultOf(
            toDeferred(self.proxy.setServiceData(b"<partly/>")), errors.PartialFailure
        ).value
        self.assertEqual(
            [(name, type(cause), cause.message) for name, cause in error.failures],
            [("{urn:a}load", errors.CardinalityViolation, "too many")],
        )
        error = self.failureResultOf(
            toDeferred(self.proxy.setServiceData(b"<twice/>")), errors.ServiceAlreadyExists
        ).value
        self.assertEqual(error.existing, "http://h/services/x")

    def test_provides(self) -> None:
        """It provides the interfaces of its port types."""
        for interface in (IGridService, IProviderExecution, ISample):
            self.assertTrue(verifyObject(interface, self.proxy))
        self.assertFalse(IProviderExecution.providedBy(Proxy([GRID_SERVICE], _HANDLE, self.caller)))

    def test_result(self) -> None:
        """An operation gives the role's result."""
        self.assertEqual(self._result(self.proxy.swap(("a", 5))), ("a", 5))
        self.assertEqual(self._result(self.proxy.enumProviders(True))[0].name, "True")

    def test_expressions(self) -> None:
        """An expression goes out as bytes and a result comes as an expression."""
        result = self._result(self.proxy.findServiceData(b"<ogsi:q/>"))
        self.assertEqual(result.name.localName, "serviceDataValues")

    def test_arguments(self) -> None:
        """Arguments go by position or by name, optional ones may be left out."""
        self.assertEqual(self._result(self.proxy.swap(("a", 5), 2)), ("aa", 5))
        self.assertEqual(self._result(self.proxy.swap(times=2, pair=("a", 5))), ("aa", 5))

    def test_wrongArguments(self) -> None:
        """Wrong arguments are a TypeError, as with any method, and nothing is sent."""
        for args, kwargs in (((), {}), ((("a", 1), 2, 3), {}), ((("a", 1),), {"more": 1})):
            self.failureResultOf(toDeferred(self.proxy.swap(*args, **kwargs)), TypeError)
        self.assertEqual(self.caller.calls, [])

    def test_call(self) -> None:
        """The caller gets handle, action and the seconds for everything."""
        self._result(self.proxy.swap(("a", 5)))
        self.assertEqual(self.caller.calls, [(_HANDLE, "urn:example:sample#swap", 12.5)])

    def test_structure(self) -> None:
        """A structure arrives as it was."""
        request = ExecutionRequest("disk", "", "a=1", QName("urn:x", "y"), 2.0, True)
        self.assertIsNone(self._result(self.proxy.executeProvider(request)))
        self.assertEqual(self.role.told, [request])

    def test_oneWay(self) -> None:
        """A one-way operation ends when the peer has accepted it."""
        self.assertIsNone(self._result(self.proxy.tell(b"<x/>")))
        self.assertEqual(self.role.told, [QName("", "x")])

    def test_fault(self) -> None:
        """What the role raises is raised here."""
        error = self.failureResultOf(
            toDeferred(self.proxy.findServiceData(b"<nope/>")), errors.TargetInvalid
        ).value
        self.assertEqual((error.message, error.details), ("no such data", {"name": "nope"}))

    def test_unknownOperation(self) -> None:
        """What the port types do not have is no attribute; the peer's own refusal is its error."""
        self.assertRaises(AttributeError, getattr, self.proxy, "subscribe")
        caller = PeerCaller([GRID_SERVICE], self.role)
        proxy = Proxy(_PORT_TYPES, _HANDLE, caller)
        failed = toDeferred(proxy.enumProviders(True))
        self.failureResultOf(failed, errors.NotImplementedException)

    def test_signature(self) -> None:
        """Interactive help knows the parameters."""
        signature = inspect.signature(self.proxy.swap)
        self.assertEqual(str(signature), "(pair, times=None)")
        self.assertIsInstance(self.proxy.swap, RemoteOperation)

    def test_shown(self) -> None:
        """A proxy shows where it leads and what it can do."""
        self.assertIn("http://peer:8480/services/index: findServiceData, ", repr(self.proxy))
        self.assertIn("swap of http://peer:8480/services/index", repr(self.proxy.swap))

    def test_sameLocalName(self) -> None:
        """Two operations of one local name make no proxy."""
        destroy = Operation("urn:other", "destroy", (), (), access=Access.CREATE)
        other = PortType(QName("urn:other", "P"), ISample, (destroy,))
        self.assertRaises(ConfigError, Proxy, [GRID_SERVICE, other], _HANDLE, self.caller)

    def test_callers(self) -> None:
        """The callers of these tests are callers."""
        for caller in (self.caller, CannedCaller(Reply(202, b""))):
            self.assertTrue(verifyObject(ICaller, caller))


class BadPeerTests(SynchronousTestCase):
    """A proxy before a peer that does not answer as it should."""

    def _failure(self, outcome: Reply | errors.GMAError, operation: str = "destroy") -> Any:
        proxy = Proxy(_PORT_TYPES, _HANDLE, CannedCaller(outcome))
        arguments = [b"<x/>"] if operation == "tell" else []
        running: Deferred[Any] = toDeferred(getattr(proxy, operation)(*arguments))
        return self.failureResultOf(running, errors.GMAError).value

    def test_unreachable(self) -> None:
        """The caller's error is passed on."""
        self.assertIsInstance(
            self._failure(errors.PeerUnreachable("no answer")), errors.PeerUnreachable
        )

    def test_overloaded(self) -> None:
        """A plain answer that means later is an error to retry, naming status, peer and operation."""
        for status in (408, 425, 429, 502, 503, 504):
            error = self._failure(Reply(status, b"come back later", retryAfter=7))
            self.assertIsInstance(error, PeerError)
            self.assertTrue(error.retry)
            isBusy = status in (429, 503)
            self.assertEqual(getattr(error, "retryAfter", None), 7 if isBusy else None)
            for word in (str(status), "destroy", _HANDLE.url):
                self.assertIn(word, str(error))

    def test_refused(self) -> None:
        """A plain answer that means never is an error not to retry, its status its name."""
        for status in (301, 401, 403, 404, 405, 410, 413, 415):
            error = self._failure(Reply(status, b"<html>no</html>"))
            assert isinstance(error, PeerFault)
            self.assertEqual((error.fault, error.retry), (str(status), False))

    def test_faultOfAnyStatus(self) -> None:
        """A fault is read whatever the status is."""
        body = writeFault(errors.UnknownId("no service"), False, "http://peer/x", 0.0, "c")
        for status in (200, 400, 404, 500, 503):
            self.assertIsInstance(self._failure(Reply(status, body)), errors.UnknownId)
            self.assertIsInstance(self._failure(Reply(status, body), "tell"), errors.UnknownId)

    def test_busyFault(self) -> None:
        """A fault that says it is busy keeps when to come again, which only the head of the answer says."""
        busy = errors.Throttled("too much came from there", 7, tried="8")
        for isSoap12 in (False, True):
            body = writeFault(busy, isSoap12, "http://peer/x", 0.0, "c")
            for operation in ("destroy", "tell"):
                error = self._failure(Reply(503, body, isSoap12, 7), operation)
                self.assertIsInstance(error, errors.Throttled)
                self.assertEqual(
                    (error.retryAfter, error.message, dict(error.details)),
                    (7, busy.message, {"tried": "8"}),
                )
            for reply in (Reply(500, body, retryAfter=7), Reply(503, body)):
                self.assertIs(type(self._failure(reply)), errors.Busy)

    def test_foreignBusyFault(self) -> None:
        """So does a fault of other software; one that does not say when is what it was."""
        fault = (
            b"<s:Fault><faultcode>s:Server</faultcode><faultstring>later</faultstring></s:Fault>"
        )
        body = (
            b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
            + fault
            + b"</s:Body></s:Envelope>"
        )
        error = self._failure(Reply(503, body, retryAfter=7))
        self.assertIsInstance(error, errors.PeerBusy)
        self.assertEqual((error.retryAfter, error.message, error.retry), (7, "later", True))
        for reply in (Reply(503, body), Reply(500, body, retryAfter=7)):
            self.assertIs(type(self._failure(reply)), PeerFault)

    def test_garbage(self) -> None:
        """A success that is no answer, or none at all, is the peer's error."""
        for reply in (
            Reply(200, b"<html/>"),
            Reply(200, b""),
            Reply(500, b"oops"),
            Reply(202, b""),
        ):
            self.assertIsInstance(self._failure(reply), PeerError)

    def test_oneWayStatuses(self) -> None:
        """One-way operations are accepted with 200, 202 and 204, as foreign sinks do."""
        for status in (200, 202, 204):
            proxy = Proxy(_PORT_TYPES, _HANDLE, CannedCaller(Reply(status, b"")))
            self.assertIsNone(self.successResultOf(toDeferred(proxy.tell(b"<x/>"))))
        for status in (410, 503):
            self.assertIsInstance(self._failure(Reply(status, b""), "tell"), PeerError)

    def test_gate(self) -> None:
        """An answer is bounded by the proxy's gate."""
        caller = PeerCaller(_PORT_TYPES, _Role())
        proxy = Proxy(_PORT_TYPES, _HANDLE, caller, gate=XMLGate(XMLLimits(size=100)))
        error = self.failureResultOf(toDeferred(proxy.swap(("a", 1))), PeerError).value
        self.assertIn("100 bytes", str(error))
