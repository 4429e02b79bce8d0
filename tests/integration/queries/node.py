"""A real node with rows to ask about, and clients that ask it at addresses of their own."""

import http.client
import re
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs
import psutil

from gma_twisted.errors import GMAError, PeerError
from gma_twisted.markup import XMLGate, XMLLimits
from gma_twisted.markup.namespaces import OGSI
from gma_twisted.model import Language, NameSelector, QName, Question
from gma_twisted.soap.calling import readResponse, writeRequest
from gma_twisted.soap.porttypes import GRID_SERVICE
from gma_twisted.soap.questions import writeQuestion
from tests.integration.foreign.shared import poll
from tests.integration.twistd import Node, fetch

__all__ = ["MARKS", "NAMESPACE", "ROWS", "Asked", "Asker", "QueryNode", "goodQuestions"]

NAMESPACE = "urn:example:rows"
"""Of the rows."""

ROWS = 300
"""How many there are."""

MARKS = 4
"""Further names C{Mark0}, C{Mark1} ..., of which nothing is set at first."""

_SITES = 7
_PATH = "/services/index"
_PROGRAM = "gma_twisted.evaluation.program"
_PATIENCE = 60.0
_GATE = XMLGate(XMLLimits())
_OPERATIONS = {one.name: one for one in GRID_SERVICE.operations}
_LAG = re.compile(r"^gma_loop_lag_max_seconds (\S+)$", re.MULTILINE)
_CONFIGURATION = """
[node]
listen = ["tcp:0:interface=127.0.0.1"]
[sde."{{{namespace}}}Row"]
mutability = "mutable"
modifiable = true
{marks}
[limits]
query_endings = 1000
{limits}
"""
_MARK = """
[sde."{{{namespace}}}Mark{number}"]
mutability = "mutable"
modifiable = true
"""


def _load(number: int) -> int:
    return number * 37 % 100


def goodQuestions() -> Mapping[Question, list[str]]:
    """What anybody may ask about the rows, and the texts of the right answer, in order."""
    declared = (("t", NAMESPACE),)
    rows = (NameSelector(QName(NAMESPACE, "Row")),)
    groups = []
    for site in range(_SITES):
        loads = [_load(number) for number in range(ROWS) if number % _SITES == site]
        groups.append(f"s{site} {len(loads)} {sum(loads)}")
    grouping = (
        "for $row in ?* group by $site := string($row/@site) order by $site"
        " return string-join(($site, count($row), sum($row/t:load)), ' ')"
    )
    high = sorted(f"r{number}" for number in range(ROWS) if _load(number) > 90)
    return {
        Question(Language.XPATH, "@id[../t:load > 90]", rows, declared): high,
        Question(Language.XQUERY, grouping, rows, declared): groups,
    }


@attrs.frozen(slots=True)
class Asked:
    """
    What came of a question.

    @ivar seconds: until it was answered
    @ivar body: the answer or the fault, as it came
    @ivar error: C{None} when it was answered
    """

    seconds: float
    body: bytes
    error: GMAError | None = None

    @property
    def texts(self) -> list[str]:
        """Of its results, in order."""
        return re.findall(r"<gma:result[^>]*>([^<]*)</gma:result>", self.body.decode())


class Asker:
    """One client, on a connection that stays open."""

    def __init__(self, port: int, address: str = "127.0.0.1") -> None:
        """@param address: the client's own"""
        self._connection = http.client.HTTPConnection(
            "127.0.0.1", port, _PATIENCE, source_address=(address, 0)
        )

    def close(self) -> None:
        """Drop the connection."""
        self._connection.close()

    def ask(self, question: Question) -> Asked:
        """Ask once."""
        return self.call("findServiceData", queryExpression=writeQuestion(question))

    def call(self, name: str, **arguments: Any) -> Asked:
        """Ask for an operation."""
        operation = _OPERATIONS[name]
        headers = {
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": f'"{operation.action}"',
        }
        message = writeRequest(operation, arguments)
        began = time.monotonic()
        self._connection.request("POST", _PATH, message, headers)
        answer = self._connection.getresponse()
        body = answer.read()
        seconds = time.monotonic() - began
        if answer.status == http.client.OK:
            return Asked(seconds, body)
        try:
            readResponse(operation, body, _GATE)
        except GMAError as error:
            return Asked(seconds, body, error)
        return Asked(seconds, body, PeerError(f"status {answer.status} without a fault"))

    def put(self, *values: str) -> None:
        """Set service data. @raise GMAError: it is refused"""
        content = "".join(values)
        update = (
            f'<ogsi:setByServiceDataNames xmlns:ogsi="{OGSI}" xmlns:t="{NAMESPACE}">{content}'
            "</ogsi:setByServiceDataNames>"
        )
        asked = self.call("setServiceData", updateExpression=update.encode())
        if asked.error is not None:
            raise asked.error


class QueryNode:
    """
    An index with rows.

    @ivar port: where it listens
    @ivar process: its process
    """

    def __init__(
        self,
        home: Path,
        cleanUp: Callable[..., object],
        limits: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """
        Start it, and fill it.

        @param home: of its configuration and its state directory; its current directory
        @param cleanUp: a test's C{addCleanup}
        @param limits: keys of C{[limits]}
        @param environment: more variables
        """
        configuration = home / "node.toml"
        marks = "".join(_MARK.format(namespace=NAMESPACE, number=number) for number in range(MARKS))
        configuration.write_text(
            _CONFIGURATION.format(namespace=NAMESPACE, marks=marks, limits=limits)
        )
        options = ("-c", str(configuration), "--state-dir", str(home / "state"))
        self.node = Node(home, cleanUp, *options, environment=environment)
        self.url = self.node.url()
        self.port = urlsplit(self.url).port or 0
        self.process = psutil.Process(self.node.process.pid)
        with closing(Asker(self.port)) as asker:
            asker.put(
                *(
                    f'<t:Row id="r{number}" site="s{number % _SITES}"><t:load>{_load(number)}</t:load>'
                    "<t:a><t:b>text</t:b><t:c>more</t:c></t:a></t:Row>"
                    for number in range(ROWS)
                )
            )

    def workers(self) -> list[psutil.Process]:
        """Processes that answer expressions, those that are ready to do so included."""
        found = []
        for one in self.process.children(recursive=True):
            try:
                if _PROGRAM in one.cmdline() and one.status() != psutil.STATUS_ZOMBIE:
                    found.append(one)
            except psutil.Error:
                pass  # it has just ended
        return found

    def awaitWorkers(self, count: int) -> None:
        """Wait until there are so many, and nothing else."""
        poll(lambda: len(self.workers()), lambda now: now == count, 30.0)
        poll(lambda: len(self.process.children(recursive=True)), lambda now: now == count, 30.0)

    def awaitDescriptors(self, most: int) -> None:
        """Wait until the node has no more of them."""
        poll(self.process.num_fds, lambda now: now <= most, 30.0)

    def lag(self) -> float:
        """Seconds that the reactor came late, at most, in the last minute or two."""
        found = _LAG.search(fetch(f"{self.url}/metrics").decode())
        assert found is not None
        return float(found[1])
