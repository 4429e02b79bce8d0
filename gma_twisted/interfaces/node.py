"""What the console and the command line ask of a running node, and how components are made from configuration."""

from collections.abc import Awaitable, Mapping, Sequence

from zope.interface import Attribute, Interface

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

    def elementCount() -> int:
        """Values of service data readable now."""

    def providers() -> Sequence[Mapping[str, str]]:
        """Per provider: name, state, lastError, lastDuration, nextRun, runs, failures, skips; as text."""

    def registry() -> Mapping[str, int]:
        """
        What the node's registry holds: C{entries}, and by further names what its store tells of itself; empty where
        there is no registry.
        """

    def memberships() -> Sequence[Mapping[str, str]]:
        """
        Per service registered elsewhere: registry, service, state, entry, until, failures, lastError; as text.
        """

    def subscriptions() -> int:
        """Subscriptions at the services of the node."""

    def sources() -> Sequence[Mapping[str, str]]:
        """
        Per service that is copied: id, source, names, state (connecting, live, stale, failed), reason, lastNotice,
        values; as text.
        """

    def aggregation() -> Mapping[str, int]:
        """Counters of what came from those, by name; empty where nothing is copied."""

    def requests() -> Mapping[str, int]:
        """Counters of the Gate by name."""


class IComponentFactory(Interface):
    """Makes a component named in the configuration, after checking name, interface and arguments."""

    def make(dottedName: str, arguments: Mapping[str, object], where: str) -> object:
        """
        @param where: file, line, column and key for the error
        @raise ConfigError: not importable, a missing member, an unknown or ill-typed argument
        """

    def stop() -> Awaitable[None]:
        """Forget what was made."""
