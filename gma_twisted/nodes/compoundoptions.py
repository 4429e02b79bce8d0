"""Options of compound nodes: what a few words on the command line say instead of a configuration."""

from typing import ClassVar

from gma_twisted.configuration import SummariseSection
from gma_twisted.nodes.kind import Derives, NodeKind
from gma_twisted.nodes.options import NodeOptions
from gma_twisted.nodes.roleoptions import SubscribingOptions, readOption

__all__ = [
    "ArchiverOptions",
    "FilterOptions",
    "RepublisherOptions",
    "SummariserOptions",
    "compoundOptions",
]

_GIVEN = "option"
"""What the section of the command line is called: C{[summarise.option]}."""


class ArchiverOptions(SubscribingOptions):
    """Of an archiver: for how long events are kept."""

    optParameters: ClassVar[list[list[object]]] = [
        ["keep-time", None, None, "how long an event is kept, 30d, or seconds"],
    ]

    def postOptions(self) -> None:
        """See L{SubscribingOptions.postOptions}."""
        super().postOptions()
        if self["keep-time"]:
            seconds = readOption("keep-time", "archive", "keep_time", self["keep-time"])
            self._given.key("archive", "keepTime", seconds, "keep-time")


class FilterOptions(SubscribingOptions):
    """Of a filter: which events are handed on."""

    optParameters: ClassVar[list[list[object]]] = [
        ["where", None, None, 'what must be true of the events it hands on, "OneMinute < 10"'],
    ]

    def postOptions(self) -> None:
        """See L{SubscribingOptions.postOptions}."""
        super().postOptions()
        if self["where"]:
            where = readOption("where", "filter", "where", self["where"])
            self._given.key("filter", "where", where, "where")


class SummariserOptions(SubscribingOptions):
    """Of a summariser: whose numbers are looked at, and for how long at a time."""

    optParameters: ClassVar[list[list[object]]] = [
        ["window", None, None, "length of a window of time, 1m, or seconds"],
    ]

    def __init__(self) -> None:
        """No field is named yet."""
        super().__init__()
        self["field"] = []

    def opt_field(self, path: str) -> None:
        """field whose numbers are looked at, load, or cpu/load in a container; may be given several times"""
        readOption("field", "summarise", "fields", path)
        self["field"] = [*self["field"], path]

    def postOptions(self) -> None:
        """See L{SubscribingOptions.postOptions}."""
        super().postOptions()
        chosen = {}
        if self["field"]:
            chosen["fields"] = readOption("field", "summarise", "fields", self["field"])
        if self["window"]:
            chosen["window"] = readOption("window", "summarise", "window", self["window"])
        if chosen:
            option = "field" if self["field"] else "window"
            self._given.section("summarise", _GIVEN, SummariseSection(**chosen), option)


class RepublisherOptions(SubscribingOptions):
    """Of a republisher: what its events are called."""

    optParameters: ClassVar[list[list[object]]] = [
        ["prefix", None, None, "what is put before the name of every event, cern."],
    ]

    def postOptions(self) -> None:
        """See L{SubscribingOptions.postOptions}."""
        super().postOptions()
        if self["prefix"]:
            prefix = readOption("prefix", "republish", "prefix", self["prefix"])
            self._given.key("republish", "prefix", prefix, "prefix")


def compoundOptions(kind: NodeKind) -> NodeOptions:
    """Those of a compound node, with nothing said."""
    if kind.derives is Derives.ARCHIVE:
        return ArchiverOptions()
    if kind.derives is Derives.FILTER:
        return FilterOptions()
    return SummariserOptions() if kind.derives is Derives.SUMMARISE else RepublisherOptions()
