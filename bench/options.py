"""The command line of C{python -m bench}."""

import argparse
from collections.abc import Sequence

import attrs

from bench.rotation import Plan
from bench.workload import WORKLOADS

__all__ = ["SERVERS", "Options", "readOptions"]

SERVERS = {
    "gate-epoll": "the Gate on Twisted's epoll reactor, all gates, policy and identity on",
    "gate-uvloop": "the same, attached natively to uvloop (extra fast)",
    "twisted.web": "a plain twisted.web Resource as everyone writes it: Site with its defaults, lxml",
    "twisted.web-tuned": "the same without access log and form parsing",
    "soapresource": "our Exchange as a Resource in a Site without access log: no Gate",
    "spyne": "spyne, WSGI under waitress",
    "static": "a fixed answer on uvloop that reads nothing: the limit of Python on one core",
}
"""What can be measured, in the order of the table."""


@attrs.frozen(slots=True)
class Options:
    """
    What was asked for.

    @ivar plan: servers, cycles and the rest
    @ivar profiled: server to profile instead of comparing; empty for none
    @ivar judges: whether missed goals make the exit status 1
    """

    plan: Plan
    profiled: str
    judges: bool


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return number


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number from 1")
    return int(text)


def _names(known: Sequence[str], text: str) -> list[str]:
    names = [each.strip() for each in text.split(",") if each.strip()]
    for name in names:
        if name not in known:
            raise argparse.ArgumentTypeError(f'"{name}" is none of {", ".join(known)}')
    if not names:
        raise argparse.ArgumentTypeError(f"name some of {', '.join(known)}")
    return [name for name in known if name in names]


def readOptions(arguments: Sequence[str]) -> Options:
    """
    Read the command line.

    @raise SystemExit: it is wrong, or only help was wanted
    """
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="findServiceData by name: our Gate beside other servers, in paired slices.",
        epilog="servers: " + "; ".join(f"{name}: {what}" for name, what in SERVERS.items()),
    )
    parser.add_argument("--cycles", type=_count, metavar="N", help="rotations (default 9)")
    parser.add_argument(
        "--seconds", type=_positive, metavar="S", help="length of a slice (default 1.5)"
    )
    parser.add_argument(
        "--connections", type=_count, default=16, metavar="N", help="keep-alive (default 16)"
    )
    parser.add_argument(
        "--only",
        type=lambda text: _names(tuple(SERVERS), text),
        default=list(SERVERS),
        metavar="NAMES",
        help="servers, separated by commas",
    )
    parser.add_argument(
        "--workload",
        type=lambda text: _names(WORKLOADS, text),
        default=list(WORKLOADS),
        metavar="NAMES",
        help="varied (every request differs), identical (pollers repeat themselves), or both",
    )
    parser.add_argument("--quick", action="store_true", help="3 cycles of 0.5 s")
    parser.add_argument("--judge", action="store_true", help="exit status 1 when a goal is missed")
    parser.add_argument(
        "--profile",
        nargs="?",
        const="gate-epoll",
        default="",
        choices=[name for name in SERVERS if name not in ("spyne", "static")],
        metavar="SERVER",
        help="instead: a cProfile of one server (default gate-epoll) under the first workload",
    )
    given = parser.parse_args(arguments)
    cycles, seconds = (3, 0.5) if given.quick else (9, 1.5)
    plan = Plan(
        given.only,
        given.workload,
        given.cycles or cycles,
        given.seconds or seconds,
        given.connections,
    )
    return Options(plan, given.profile, given.judge)
