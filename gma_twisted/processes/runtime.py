"""What a component gets from the node that runs it, beside its configured arguments."""

from collections.abc import Awaitable, Mapping, Sequence

import attrs
from zope.interface import Interface

from gma_twisted.processes.fetching import IFetcher
from gma_twisted.timing.clock import NodeClock

__all__ = ["DEFAULT_OUTPUT", "IProgramRunner", "ProgramResult", "ProviderRuntime"]

DEFAULT_OUTPUT = 8 * 1024 * 1024
"""Most bytes a program may print to its standard output, unless told otherwise."""


@attrs.frozen(slots=True)
class ProgramResult:
    """
    What a program that ended with status 0 left behind.

    @ivar stdout: everything it printed
    @ivar stderr: the last 4 KiB of its standard error
    @ivar duration: seconds from its start to its end
    """

    stdout: bytes
    stderr: bytes
    duration: float


class IProgramRunner(Interface):
    """Runs programs as process trees of which nothing survives the run."""

    def run(
        argv: Sequence[str],
        timeout: float,
        maxOutput: int,
        environment: Mapping[str, str] | None,
    ) -> Awaitable[ProgramResult]:
        """
        Run a program to its end. Cancelling the awaitable kills the whole tree and waits for its end.

        @param argv: absolute path and arguments; no shell reads them
        @param timeout: seconds; C{inf} for no end
        @param maxOutput: bytes of standard output; more kills the program
        @param environment: variables beside C{PATH} and C{LANG}; nothing is inherited
        @raise ProviderFailed: it cannot be run, took too long, or ended with a status other than 0 or by a
            signal; the message names the program and its first line on standard error
        @raise TooLarge: it printed more than C{maxOutput}
        """


@attrs.frozen(slots=True)
class ProviderRuntime:
    """
    The node's means, given to a provider whose constructor has a keyword C{runtime}.

    It is no argument: neither configuration nor C{enumProviders} shows it.

    @ivar clock: the node's time and timers
    @ivar runner: runs programs
    @ivar fetcher: reads from servers that the operator names; C{None} where there is no network
    """

    clock: NodeClock
    runner: IProgramRunner
    fetcher: IFetcher | None = None
