"""The caller's side: what it writes is selected, what it reads is what was returned or raised."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted import errors
from gma_twisted.errors import ParameterError, PeerError
from gma_twisted.markup import XMLGate, XMLLimits
from gma_twisted.model import (
    ExecutionRequest,
    Expression,
    ProviderDescription,
    QName,
    TerminationTime,
)
from gma_twisted.soap import Operation, ResponseWriter, Selection, openEnvelope, writeFault
from gma_twisted.soap.calling import readResponse, writeRequest
from gma_twisted.soap.faults import FAULTS
from gma_twisted.soap.porttypes import GRID_SERVICE, PROVIDER_EXECUTION
from tests.soap.messages import OGSI, SOAP12, envelope
from tests.soap.sample import SAMPLE, operation

_ALL = {
    one.name: one
    for portType in (GRID_SERVICE, PROVIDER_EXECUTION, SAMPLE)
    for one in portType.operations
}


class RequestTests(SynchronousTestCase):
    """A written request is read by the selection of a service."""

    def _arguments(self, name: str, arguments: dict[str, Any], isSoap12: bool = False) -> Any:
        written = writeRequest(_ALL[name], arguments, isSoap12)
        selection = Selection([GRID_SERVICE, PROVIDER_EXECUTION, SAMPLE])
        message = openEnvelope(XMLGate().parse(written))
        self.assertEqual(message.isSoap12, isSoap12)
        call = selection.select(message, _ALL[name].action)
        self.assertIs(call.operation, _ALL[name])
        return call.arguments

    def test_expression(self) -> None:
        """An expression is the bytes of an element, which may use the envelope's prefixes."""
        for isSoap12 in (False, True):
            arguments = self._arguments(
                "findServiceData", {"queryExpression": b"<ogsi:q gma:a='1'/>"}, isSoap12
            )
            self.assertEqual(arguments["queryExpression"].name, QName(OGSI, "q"))

    def test_structure(self) -> None:
        """A structure arrives as it was."""
        request = ExecutionRequest("disk", "", "a=1 b='2 3'", QName("urn:x", "y"), 1.5, True)
        self.assertEqual(
            self._arguments("executeProvider", {"ServiceDataProviderExecution": request}),
            {"ServiceDataProviderExecution": request},
        )

    @given(
        st.text(st.characters(codec="ascii", categories=["L", "N", "P"])),
        st.integers(-9, 9),
        st.one_of(st.none(), st.integers(0, 9)),
    )
    def test_foreignNamespace(self, word: str, number: int, times: int | None) -> None:
        """Operations of a namespace that is not ours work as well; an optional part may be left out."""
        arguments = {"pair": (word, number), "times": times}
        self.assertEqual(self._arguments("swap", arguments), arguments)

    def test_list(self) -> None:
        """A part that repeats takes a sequence."""
        self.assertEqual(self._arguments("collect", {"words": ["a", "b"]}), {"words": ["a", "b"]})

    def test_nothing(self) -> None:
        """An operation without parameters takes none."""
        self.assertEqual(self._arguments("reset", {}), {})

    def test_wrongArguments(self) -> None:
        """Missing, empty and unknown arguments are refused by name before anything is sent."""
        for name, arguments, word in (
            ("findServiceData", {}, "queryExpression"),
            ("findServiceData", {"queryExpression": None}, "queryExpression"),
            ("collect", {"words": []}, "words"),
            ("reset", {"now": True}, "now"),
        ):
            error = self.assertRaises(ParameterError, writeRequest, _ALL[name], arguments)
            self.assertIn(word, str(error))
            self.assertIn(name, str(error))


class ResponseTests(SynchronousTestCase):
    """An answer is what the role returned, what it raised, or the peer's fault."""

    def _read(self, name: str, body: bytes, gate: XMLGate | None = None) -> Any:
        return readResponse(_ALL[name], body, gate or XMLGate())

    def _through(self, name: str, result: Any, isSoap12: bool = False) -> Any:
        return self._read(name, ResponseWriter(_ALL[name], isSoap12).write(result))

    def test_expression(self) -> None:
        """An extensible result comes as an expression."""
        for isSoap12 in (False, True):
            result = self._through("findServiceData", b"<sd:serviceDataValues/>", isSoap12)
            assert isinstance(result, Expression)
            self.assertEqual(result.name.localName, "serviceDataValues")

    def test_one(self) -> None:
        """One part comes as its value."""
        value = TerminationTime(1.0, 2.0, 3.0)
        self.assertEqual(self._through("requestTerminationAfter", value), value)

    def test_several(self) -> None:
        """Several parts come as a tuple."""
        self.assertEqual(self._through("swap", ("a", 5)), ("a", 5))

    def test_list(self) -> None:
        """A part that repeats comes as a list, also when it is empty."""
        value = [ProviderDescription("a", "b", "c", (), True, "x=1")]
        self.assertEqual(self._through("enumProviders", value), value)
        self.assertEqual(self._through("enumProviders", []), [])

    def test_nothing(self) -> None:
        """No part is None."""
        self.assertIsNone(self._through("destroy", None))

    def test_oneWay(self) -> None:
        """A one-way operation is answered by nothing at all."""
        self.assertIsNone(self._read("tell", b""))
        self.assertIsNone(self._read("tell", b"\r\n"))

    def test_faults(self) -> None:
        """Every fault is raised as the error it was, also by one-way operations."""
        for name in ("findServiceData", "destroy", "tell"):
            for kind in FAULTS.values():
                for isSoap12 in (False, True):
                    body = writeFault(kind.error("why"), isSoap12, "http://h/x", 0.0, "c")
                    error = self.assertRaises(kind.error, self._read, name, body)
                    self.assertEqual(error.message, "why")

    def test_malformed(self) -> None:
        """What is no answer is the peer's error, never the caller's; the operation is named."""
        for body in (
            b"",
            b"<html>",
            b"<html/>",
            b"<!DOCTYPE a><a/>",
            envelope(""),
            envelope("<ogsi:destroyResponse/>"),
            envelope("<ogsi:findServiceData/>"),
            envelope("<ogsi:findServiceDataResponse/>"),
            envelope("<ogsi:findServiceDataResponse><ogsi:result/></ogsi:findServiceDataResponse>"),
            envelope(
                "<ogsi:findServiceDataResponse/>",
                '<h xmlns="urn:h" s:mustUnderstand="1"/>',
                SOAP12,
            ),
        ):
            error = self.assertRaises(PeerError, self._read, "findServiceData", body)
            self.assertIn("findServiceData", str(error))

    def test_anotherAnswer(self) -> None:
        """The answer to another operation is none, though nothing in it is missing."""
        for body in ("<ogsi:destroy/>", "<ogsi:setServiceDataResponse/>", "<destroyResponse/>"):
            error = self.assertRaises(PeerError, self._read, "destroy", envelope(body))
            self.assertIn("destroyResponse", str(error))

    def test_malformedValue(self) -> None:
        """A value of the wrong type is the peer's error and says which."""
        body = ResponseWriter(operation("swap"), False).write(("a", 5)).replace(b">5<", b">five<")
        error = self.assertRaises(PeerError, self._read, "swap", body)
        self.assertIn("second", str(error))
        self.assertIn("five", str(error))

    def test_tooLarge(self) -> None:
        """An answer beyond the caller's gate is the peer's error."""
        body = ResponseWriter(_ALL["destroy"], False).write(None)
        error = self.assertRaises(
            PeerError, self._read, "destroy", body, XMLGate(XMLLimits(size=50))
        )
        self.assertIn("larger than 50 bytes", str(error))

    def test_oneWayAnswered(self) -> None:
        """A one-way operation that is answered with something was misunderstood."""
        body = envelope("<tellResponse/>")
        self.assertIn("one-way tell", str(self.assertRaises(PeerError, self._read, "tell", body)))

    def test_versionMismatch(self) -> None:
        """A peer that does not speak our version says so."""
        body = writeFault(errors.VersionMismatch("1.2 only"), False, "http://h/x", 0.0, "c")
        self.assertRaises(errors.VersionMismatch, self._read, "destroy", body)


class DeclarationTests(SynchronousTestCase):
    """The sample is worth its name."""

    def test_kinds(self) -> None:
        """It has one-way, empty, single and multiple results."""
        kinds = {None if one.response is None else len(one.response) for one in _sample()}
        self.assertEqual(kinds, {None, 0, 1, 2})


def _sample() -> list[Operation]:
    return list(SAMPLE.operations)
