"""The command line of C{python -m bench}."""

import argparse
from collections.abc import Sequence

import attrs

from bench.rotation import Plan
from bench.subjects import SUBJECTS, Subject

__all__ = ["Options", "readOptions"]


@attrs.frozen(slots=True)
class Options:
    """
    What was asked for.

    @ivar subject: what is compared
    @ivar plan: servers, cycles and the rest
    @ivar profiled: server to profile instead of comparing; empty for none
    @ivar judges: whether missed goals make the exit status 1
    """

    subject: Subject
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Our Gate beside other servers, in paired slices: findServiceData by name, what guarding it costs, "
        "or registerService.",
        epilog=" ".join(
            f"Servers of {subject.name}: "
            + "; ".join(f"{name}: {what}" for name, what in subject.servers.items())
            + "."
            for subject in SUBJECTS.values()
        )
        + " Jobs, notices, overload and queries are other commands: python -m bench jobs --help, and so on.",
    )
    parser.add_argument("subject", nargs="?", choices=SUBJECTS, default="find", help="default find")
    parser.add_argument("--cycles", type=_count, metavar="N", help="rotations (default 9)")
    parser.add_argument(
        "--seconds", type=_positive, metavar="S", help="length of a slice (default 1.5)"
    )
    parser.add_argument(
        "--connections",
        type=_count,
        metavar="N",
        help="keep-alive (default "
        + ", ".join(f"{each.name} {each.connections}" for each in SUBJECTS.values())
        + ")",
    )
    parser.add_argument("--only", metavar="NAMES", help="servers, separated by commas")
    parser.add_argument(
        "--workload",
        metavar="NAMES",
        help="find: varied (every request differs), identical (pollers repeat themselves); guards: varied; "
        "register: register (every handle is new), renewal (it is known); default all",
    )
    parser.add_argument("--quick", action="store_true", help="3 cycles of 0.5 s")
    parser.add_argument("--judge", action="store_true", help="exit status 1 when a goal is missed")
    parser.add_argument(
        "--profile",
        nargs="?",
        const="",
        metavar="SERVER",
        help="instead: a cProfile of one server (default the first) under the first workload",
    )
    return parser


def _names(parser: argparse.ArgumentParser, known: Sequence[str], text: str | None) -> list[str]:
    if text is None:
        return list(known)
    names = [each.strip() for each in text.split(",") if each.strip()]
    for name in names:
        if name not in known:
            parser.error(f'"{name}" is none of {", ".join(known)}')
    if not names:
        parser.error(f"name some of {', '.join(known)}")
    return [name for name in known if name in names]


def _profiled(parser: argparse.ArgumentParser, subject: Subject, text: str | None) -> str:
    if text is None:
        return ""
    known = [name for name in subject.servers if name not in subject.foreign]
    return _names(parser, known, text or known[0])[0]


def readOptions(arguments: Sequence[str]) -> Options:
    """
    Read the command line.

    @raise SystemExit: it is wrong, or only help was wanted
    """
    parser = _parser()
    given = parser.parse_args(arguments)
    subject = SUBJECTS[given.subject]
    cycles, seconds = (3, 0.5) if given.quick else (9, 1.5)
    plan = Plan(
        _names(parser, tuple(subject.servers), given.only),
        _names(parser, subject.workloads, given.workload),
        given.cycles or cycles,
        given.seconds or seconds,
        given.connections or subject.connections,
    )
    return Options(subject, plan, _profiled(parser, subject, given.profile), given.judge)
