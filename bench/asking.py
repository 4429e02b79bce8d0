"""One client that asks a node questions, one after the other, and takes the time of each."""

import re
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection
from types import TracebackType
from typing import Self

import attrs

from bench.answers import WrongAnswer
from bench.workload import OGSI_NS, SOAP_NS
from gma_twisted.model import Question
from gma_twisted.soap.questions import writeQuestion

__all__ = ["PATH", "Answer", "Client", "askAtOnce", "questionMessage"]

PATH = "/services/index"
"""Of the service that is asked."""

_FIND = f"{OGSI_NS}#findServiceData"
_PATIENCE = 120.0
# The start tag of an answer that says what it took is shorter.
_ROOT = 1000
_TOLD = re.compile(rb" gma:(values|waited|loaded|evaluated|written|worker)=\"([0-9.]+)\"")


@attrs.frozen(slots=True)
class Answer:
    """
    What came back.

    @ivar seconds: from the first byte of the request to the last of the answer
    @ivar body: the SOAP message
    @ivar told: what the node says it took, see C{gma:explain}: C{values}, seconds C{waited}, C{loaded}, C{evaluated},
        C{written}, number of the C{worker}
    """

    seconds: float
    body: bytes
    told: Mapping[str, float]


def questionMessage(question: Question) -> bytes:
    """findServiceData with a question, whose answer shall say what it took."""
    return (
        f'<s:Envelope xmlns:s="{SOAP_NS}" xmlns:ogsi="{OGSI_NS}"><s:Body><ogsi:findServiceData><ogsi:queryExpression>'
        f"{writeQuestion(question, isExplained=True).decode()}</ogsi:queryExpression></ogsi:findServiceData></s:Body>"
        "</s:Envelope>"
    ).encode()


@attrs.define(slots=True, eq=False)
class Client:
    """
    A keep-alive connection.

    @ivar port: of the node, on 127.0.0.1
    """

    port: int
    _connection: HTTPConnection = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._connection = HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def send(self, action: str, message: bytes) -> None:
        """Send a SOAP message, whose answer L{receive} waits for."""
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"'}
        self._connection.request("POST", PATH, message, headers)

    def receive(self) -> bytes:
        """@return: the SOAP message that answers. @raise WrongAnswer: it is a fault, or there is none"""
        try:
            answer = self._connection.getresponse()
            body = answer.read()
        except OSError as error:
            raise WrongAnswer(f"no answer: {error}") from error
        if answer.status != 200:
            raise WrongAnswer(f"{answer.status}: {body[:2000]!r}")
        return body

    def call(self, action: str, message: bytes) -> bytes:
        """L{send}, and L{receive}."""
        self.send(action, message)
        return self.receive()

    def ask(self, question: Question) -> Answer:
        """@raise WrongAnswer: as L{receive}"""
        message = questionMessage(question)
        began = time.perf_counter()
        body = self.call(_FIND, message)
        seconds = time.perf_counter() - began
        at = body.find(b"QueryResults ")
        told = _TOLD.findall(body, at, at + _ROOT) if at >= 0 else ()
        return Answer(seconds, body, {name.decode(): float(number) for name, number in told})


def askAtOnce(clients: Sequence[Client], question: Question) -> None:
    """Have all of them ask the same before the first is answered. @raise WrongAnswer: one gets none"""
    message = questionMessage(question)
    for client in clients:
        client.send(_FIND, message)
    for client in clients:
        client.receive()
