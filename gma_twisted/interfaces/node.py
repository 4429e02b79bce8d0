"""What the console and the command line ask of a running node, and how components are made from configuration."""

from collections.abc import Awaitable, Mapping, Sequence

from zope.interface import Attribute, Interface

from gma_twisted.model import LoopLag, Registration

__all__ = ["IComponentFactory", "INodeControl"]


class INodeControl(Interface):
    """A node, as its pages see it; nothing here writes service data."""

    name: str = Attribute("configured name, KIND-PORT by default")
    kind: str = Attribute("node kind, gma-index ...")
    version: str = Attribute("version of this software")
    role: str = Attribute("configured place in the hierarchy; empty when there is none")
    baseUrl: str = Attribute("the public URL without a path")

    def services() -> Sequence[str]:
        """Paths of the services, the main one first."""

    def uptime() -> float:
        """Seconds since the start."""

    def wallTime() -> float:
        """Now, in seconds since 1970."""

    def ready() -> str:
        """Why it does not answer for everything it has, in a line; empty when it does."""

    def elementCount() -> int:
        """Values of service data readable now."""

    def providers() -> Sequence[Mapping[str, str]]:
        """
        Per provider: name, state, lastError, lastDuration, lastRun, lastSuccess, nextRun, runs, failures, skips; as
        text.
        """

    def registry() -> Mapping[str, int]:
        """
        What the node's registry holds: C{entries}, and by further names what its store tells of itself; empty where
        there is no registry.
        """

    def members(after: str, limit: int) -> Sequence[Registration]:
        """
        Entries of the node's registry that are not over, in the order their ids came; none where there is no registry.

        @param after: id of the last entry of the page before; empty for the first page
        @param limit: most entries; fewer are the last
        @raise ParameterError: C{after} was never an entry here, or too long ago
        """

    def memberships() -> Sequence[Mapping[str, str]]:
        """
        Per service registered elsewhere: registry, service, state, entry, until, failures, lastError; as text.
        """

    def subscriptions() -> int:
        """Subscriptions at the services of the node."""

    def listening() -> Sequence[str]:
        """Data URLs at which it takes lines of events; none where it takes none."""

    def lines() -> Mapping[str, int]:
        """What became of those, and of the streams among them, counters by name; empty where it takes none."""

    def sentLines() -> Mapping[str, Mapping[str, int]]:
        """
        By scheme of data URLs, what became of lines it sent, counters by name; empty where no producer of it sends any.
        """

    def produced() -> Mapping[str, int]:
        """
        What its producer published and to whom, counters by name; those of its archive begin with C{archive}. Empty
        where it has no producer.
        """

    def consumed() -> Mapping[str, int]:
        """What came to its consumer, by message or by line, counters by name; empty where it has none."""

    def compounded() -> Mapping[str, int]:
        """What became of those at a compound node, counters by name; empty at others."""

    def notices() -> Mapping[str, int]:
        """
        What became of the notices it sent, counters by name; and C{peers}, to how many peers something is to be sent or
        could not be a short while ago.
        """

    def sources() -> Sequence[Mapping[str, str]]:
        """
        Per service that is copied: id, source, names, state (connecting, live, stale, failed), reason, lastNotice,
        values, and refused: how many others are not taken by rule, and why; as text.
        """

    def aggregation() -> Mapping[str, int]:
        """Counters of what came from those, by name; empty where nothing is copied."""

    def queries() -> Mapping[str, Mapping[str, float]]:
        """
        By language, C{xpath} and C{xquery}, what became of expressions at all services: C{answered}, the C{seconds}
        from asked to answered of those, C{queued} and C{running} now, C{workers} that can be asked, C{restarts} of
        workers, C{refused.CODE} by the code of the error; standing queries C{kept}, C{looks} at them and their
        C{lookSeconds} of processor time. Empty where nothing can be asked so.
        """

    def audit() -> Mapping[str, int]:
        """What L{IAudit.counts} tells; empty where the audit is lines of the log."""

    def attempts() -> Mapping[str, int]:
        """
        What was shown by callers in vain: C{failed}, it was wrong; C{refused}, it was not looked at, because too much
        was wrong before.
        """

    def requests() -> Mapping[str, int]:
        """Counters of the Gate by name."""

    def refusals() -> Mapping[int, int]:
        """How many requests the Gate refused, by HTTP status; those that never happened are left out."""

    def turnedAway() -> Mapping[tuple[str, str], int]:
        """
        How many requests were refused because there was too much to do, or too much came from their caller; by how
        urgent they were (C{keeping}, C{writing}, C{reading}, C{page}) and by reason (C{load}, C{size}, C{rate}).
        """

    def isOverloaded() -> bool:
        """Whether there is too much to do now."""

    def connections() -> int:
        """Connections that are open now."""

    def reload() -> Awaitable[Mapping[str, Sequence[str]]]:
        """
        Read the configuration again, and apply what differs.

        @return: C{changed}: lines C{providers.NAME added}, C{removed} or C{changed}; C{later}: keys that differ and
            wait for the next start; C{failed}: sections that could not be applied, with the reason; C{mistakes}: why
            the configuration is not used, and nothing was changed
        @raise Busy: that is being done already, or the node is starting or stopping
        """

    def reloads() -> Mapping[str, int | str]:
        """
        How often the configuration was read again, C{good} (all of it was applied) and C{bad}, and of the last time:
        C{outcome} (good, partial, bad), C{last} and C{lastGood} (dateTimes), C{later} (what waits for the next start);
        texts, empty when it never was.
        """

    def certificateEnds() -> float | None:
        """When the certificate it shows over TLS ends, seconds since 1970; C{None} when it shows none."""

    def listsEnd() -> float | None:
        """When the first of its revocation lists is out of date, seconds since 1970; C{None} when none ever is."""

    def lag() -> LoopLag:
        """How late the reactor comes to what is due."""


class IComponentFactory(Interface):
    """Makes a component named in the configuration, after checking name, interface and arguments."""

    def make(dottedName: str, arguments: Mapping[str, object], where: str) -> object:
        """
        @param where: file, line, column and key for the error
        @raise ConfigError: not importable, a missing member, an unknown or ill-typed argument
        """

    def stop() -> Awaitable[None]:
        """Forget what was made."""
