"""C{python -m bench overload}: ten times what a registry can do, and one caller that asks for everything (P11, P12)."""

import argparse
import json
import os
import re
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs

from bench.answers import WrongAnswer
from bench.crowds import Crowd, Line, Tally, connect, play
from bench.goals import Bound
from bench.nodeprocess import NodeProcess
from bench.registering import LIFETIME, REG_NS, REGISTRY_PATH, registerMessage, registers
from bench.report import environment, markdown
from bench.telling import roomFor
from bench.workload import OGSI_NS, SOAP_NS

__all__ = ["Options", "Overload", "linesOf", "main", "measure", "readOptions"]

_TIMES = 10.0
_ADDRESSES = 32
_DEPTH = 40
_KEEPERS = 64
_RATE = 100.0
_HONEST, _HONEST_LINES, _HONEST_PART = 20, 320, 0.3
_GREEDY_LINES = 200
_CAPACITY = 4.0
_FIRST_RENEWED = 80_000_000
_START = 30.0
_POOL = 40


@attrs.frozen(slots=True)
class Options:
    """
    What was asked for.

    @ivar seconds: of each part
    @ivar connections: of those that ask too much
    @ivar judges: whether missed goals make the exit status 1
    """

    seconds: float
    connections: int
    judges: bool


def readOptions(arguments: Sequence[str]) -> Options:
    """Read the command line. @raise SystemExit: it is wrong, or only help was wanted"""
    parser = argparse.ArgumentParser(
        prog="python -m bench overload",
        description="A registry on the disk, as twistd runs it: what it can do; ten times of that from 32 addresses, "
        "queries and registrations, with renewals beside it; honest callers alone, and beside one greedy one.",
    )
    parser.add_argument("--seconds", type=float, default=60.0, metavar="S", help="default 60")
    parser.add_argument("--connections", type=int, default=512, metavar="N", help="default 512")
    parser.add_argument("--judge", action="store_true", help="exit status 1 when a goal is missed")
    given = parser.parse_args(arguments)
    if not given.seconds > 0 or given.connections < _ADDRESSES:
        parser.error(f"--seconds is above 0, --connections at least {_ADDRESSES}")
    return Options(given.seconds, given.connections, given.judge)


def _post(action: str, message: bytes) -> bytes:
    head = (
        f"POST {REGISTRY_PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml; charset=utf-8\r\n"
        f'SOAPAction: "{action}"\r\nContent-Length: {len(message)}\r\n\r\n'
    )
    return head.encode() + message


def _find(number: int) -> bytes:
    return _post(
        f"{OGSI_NS}#findServiceData",
        f'<s:Envelope xmlns:s="{SOAP_NS}" xmlns:ogsi="{OGSI_NS}"><s:Body id="{number:09d}"><ogsi:findServiceData>'
        "<ogsi:queryExpression><ogsi:queryByServiceDataNames><ogsi:name>ogsi:gridServiceHandle</ogsi:name>"
        "</ogsi:queryByServiceDataNames></ogsi:queryExpression></ogsi:findServiceData></s:Body></s:Envelope>".encode(),
    )


def _finding(connection: int) -> Callable[[int], bytes]:
    """Queries; rendered once, so that the load costs less than what it measures."""
    pool = [_find(connection * _POOL + count) for count in range(_POOL)]
    return lambda count: pool[count % _POOL]


def _renewing(port: int, address: str, number: int) -> Callable[[int], bytes]:
    """Renewals of one entry, which is made for that."""
    with socket.create_connection(("127.0.0.1", port), _START, source_address=(address, 0)) as line:
        line.sendall(_post(f"{REG_NS}#registerService", registerMessage(_FIRST_RENEWED + number)))
        data = b""
        while not data.rstrip().endswith(b"Envelope>"):
            data += line.recv(65536)
    found = re.search(rb"entry>([^<]+)</", data)
    if found is None:
        raise WrongAnswer(f"no entry in {data[:500]!r}")
    message = (
        f'<s:Envelope xmlns:s="{SOAP_NS}" xmlns:reg="{REG_NS}"><s:Body><reg:renewServices>'
        f"<reg:entry>{found[1].decode()}</reg:entry><reg:lifetime>{LIFETIME}</reg:lifetime>"
        "</reg:renewServices></s:Body></s:Envelope>"
    )
    request = _post(f"{REG_NS}#renewServices", message.encode())
    return lambda count: request


def _finders(port: int, network: int, addresses: int, count: int) -> list[Line]:
    return [
        Line(f"127.0.{network}.{1 + number % addresses}", port, _finding(number))
        for number in range(count)
    ]


def _keepers(port: int) -> tuple[Crowd, Crowd]:
    """Who registers and who renews, from the addresses of those who ask too much."""
    places = [f"127.0.1.{1 + number % _ADDRESSES}" for number in range(_KEEPERS)]
    registering = [
        Line(place, port, registers("renewal", number).make) for number, place in enumerate(places)
    ]
    renewing = [
        Line(place, port, _renewing(port, place, number)) for number, place in enumerate(places)
    ]
    return Crowd(registering, _RATE), Crowd(renewing, _RATE, patience=10.0)


@attrs.frozen(slots=True)
class Overload:
    """
    What came of it.

    @ivar capacity: requests a second, when each is asked as soon as the one before is answered
    @ivar goodput: requests a second that were answered in time, when ten times as many came
    @ivar memory: the most it took then, times the most before
    @ivar tallies: by who asked
    """

    capacity: float
    goodput: float
    memory: float
    tallies: Mapping[str, Tally]

    @property
    def bounds(self) -> Sequence[Bound]:
        """The goals."""
        renewals, alone, among = (
            self.tallies[name]
            for name in ("renewals beside", "honest, alone", "honest, beside a greedy one")
        )
        kept = (among.good / among.offered) / (alone.good / alone.offered)
        return [
            Bound("memory under ten times the load, times that before", self.memory, 1.25, True),
            Bound(
                "answered in time, part of what it can do", self.goodput / self.capacity, 0.8, False
            ),
            Bound("renewals answered, part", renewals.good / renewals.offered, 0.999, False),
            Bound("honest callers beside a greedy one, part of that alone", kept, 0.95, False),
        ]


def measure(options: Options, registry: NodeProcess, tell: Callable[[str], None]) -> Overload:
    """Measure a registry that has nothing else to do."""
    port, seconds = registry.port, options.seconds
    flood = Crowd(_finders(port, 1, _ADDRESSES, options.connections), 0)
    registering, renewing = _keepers(port)
    everybody = [flood, registering, renewing]
    poll = connect(everybody)
    play(poll, everybody, 1.0)
    took = play(poll, everybody, min(seconds, _CAPACITY), registry.look)
    capacity, before = (flood.tally.good + registering.tally.good) / took, registry.most
    tallies = {"queries, each after the other": flood.tally}
    tell(f"it can do {capacity:,.0f} requests/s")
    registry.most = 0
    flood.rate, flood.depth = _TIMES * capacity, _DEPTH
    took = play(poll, everybody, seconds, registry.look)
    goodput = (flood.tally.good + registering.tally.good) / took
    tell(f"of {_TIMES:g} times as many it did {goodput:,.0f} requests/s in time")
    tallies |= {
        "queries, ten times as many": flood.tally,
        "registrations beside": registering.tally,
    }
    renewals = tallies["renewals beside"] = renewing.tally
    renewals.offered -= sum(line.underWay for line in renewing.lines)
    for crowd in everybody:
        crowd.close()
    honest = Crowd(_finders(port, 2, _HONEST, _HONEST_LINES), capacity * _HONEST_PART)
    greedy = Crowd(_finders(port, 3, 1, _GREEDY_LINES), _TIMES * capacity, _DEPTH)
    poll = connect([honest, greedy])
    time.sleep(1.0)
    play(poll, [honest], seconds)
    tallies["honest, alone"] = honest.tally
    play(poll, [honest, greedy], seconds)
    tallies |= {"honest, beside a greedy one": honest.tally, "greedy": greedy.tally}
    honest.close()
    greedy.close()
    return Overload(capacity, goodput, registry.most / before, tallies)


def linesOf(found: Overload) -> list[str]:
    """The results as a table in Markdown."""
    head = ["who", "offered", "in time", "late", "refused", "lost", "wrong", "slowest s"]
    rows = [
        [
            name,
            *(
                f"{count:,}"
                for count in (one.offered, one.good, one.late, one.refused, one.lost, one.wrong)
            ),
            f"{one.slowest:.2f}",
        ]
        for name, one in found.tallies.items()
    ]
    return markdown([head, *rows])


def main(arguments: Sequence[str], results: Path) -> int:
    """
    Measure, print, write.

    @param results: where the file of results goes
    @return: exit status
    @raise ServerFailed: the registry did not start
    @raise WrongAnswer: what was answered was no answer
    """
    options = readOptions(arguments)
    tell = partial(print, file=sys.stderr, flush=True)
    roomFor(options.connections + 3 * _KEEPERS)
    with TemporaryDirectory() as directory:
        registry = NodeProcess.start("gma-registry", directory)
        cores = sorted(os.sched_getaffinity(0))
        try:
            if len(cores) > 1:
                os.sched_setaffinity(registry.process.pid, cores[:1])
                os.sched_setaffinity(0, cores[1:])
            found = measure(options, registry, tell)
        finally:
            os.sched_setaffinity(0, cores)
            registry.stop()
    print("\n".join([*linesOf(found), "", *(bound.sentence for bound in found.bounds)]))
    path = results / time.strftime("overload-%Y%m%d-%H%M%S.json")
    content = {
        "environment": environment({}, len(cores)),
        "goals": [{**attrs.asdict(bound), "isMet": bound.isMet} for bound in found.bounds],
        **attrs.asdict(found),
    }
    path.write_text(json.dumps(content, indent=1) + "\n")
    print(path)
    return 1 if options.judges and not all(bound.isMet for bound in found.bounds) else 0
