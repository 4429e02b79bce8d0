"""Options of producers and consumers: what a few words on the command line say instead of a configuration."""

from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any, ClassVar

import attrs
from twisted.python import usage

from gma_twisted.configuration import (
    Draft,
    Mistake,
    Output,
    ProviderSection,
    RegisterSection,
    SubscribeSection,
    findBeside,
)
from gma_twisted.configuration.declaration import keys
from gma_twisted.configuration.kinds import DURATION, Kind
from gma_twisted.configuration.places import Path
from gma_twisted.configuration.reader import NAMED, SINGLE
from gma_twisted.errors import ParameterError
from gma_twisted.netlogger.dataurl import TCP, UDP
from gma_twisted.nodes.options import NodeOptions, ProviderOptions

__all__ = ["ConsumerOptions", "Given", "ProducerOptions", "SubscribingOptions", "readOption"]

_INTERVAL = "5"
_GIVEN = "option"
"""What sections of the command line are called: C{[register.option]}."""


def _kindOf(section: str, name: str) -> Kind[Any]:
    declared = SINGLE.get(section) or NAMED[section]
    return next(one.kind for one in keys(declared) if one.name == name)


def readOption(option: str, section: str, key: str, value: object) -> Any:
    """
    The value of an option, read as a key of the file is; a time may be a number of seconds.

    @raise usage.UsageError: it does not read well
    """
    kind = _kindOf(section, key)
    if kind is DURATION and isinstance(value, str) and value.replace(".", "", 1).isdigit():
        value = f"{value}s"
    try:
        return kind.read(value)
    except ParameterError as error:
        raise usage.UsageError(f"--{option}: {error.message}") from None


class Given:
    """What options say, section by section."""

    def __init__(self, options: NodeOptions) -> None:
        self.hasClass = False
        self._all = options
        # twistd goes elsewhere before it runs.
        self._place = FilePath.cwd()
        self.values: dict[str, dict[str, Any]] = {}
        self.sections: dict[str, dict[str, Any]] = {}
        self.options: dict[Path, str] = {}

    def key(self, section: str, attribute: str, value: Any, option: str) -> None:
        """A key of a section there is one of."""
        declared = next(one for one in keys(SINGLE[section]) if one.attribute == attribute)
        self.values.setdefault(section, {})[attribute] = value
        self.options[(section, declared.name)] = f"--{option}"

    def section(self, kind: str, name: str, section: Any, option: str) -> None:
        """A section of several."""
        self.sections.setdefault(kind, {})[name] = section
        self.options[(kind, name)] = f"--{option}"

    def register(self) -> None:
        """What C{--register} says."""
        if self._all["register"]:
            at = readOption("register", "register", "at", self._all["register"])
            self.section("register", _GIVEN, RegisterSection(at=at), "register")

    def searched(self, found: str) -> str:
        """Let a class that the command line names be found where that was written."""
        if self.hasClass and not self._all["config"]:
            return findBeside(self._place)
        return found

    def joined(self, draft: Draft) -> Draft:
        """What was read, with all of it; what is wrong by it is a mistake."""
        configuration = draft.configuration
        changed: dict[str, Any] = {}
        for name, values in self.values.items():
            changed[name] = attrs.evolve(getattr(configuration, name), **values)
        for name, sections in self.sections.items():
            changed[name] = {**getattr(configuration, name), **sections}
        wrong: list[Mistake] = []
        for name in self.values:
            told = {key for key, _, _ in getattr(configuration, name).mistakes()}
            wrong += [
                Mistake((name, key) if key else (name,), why, cure)
                for key, why, cure in changed[name].mistakes()
                if key not in told
            ]
        for kind, sections in self.sections.items():
            wrong += [
                Mistake((kind, name, key) if key else (kind, name), why, cure)
                for name, section in sections.items()
                for key, why, cure in section.mistakes()
            ]
        source = attrs.evolve(draft.source, options={**draft.source.options, **self.options})
        return Draft(
            attrs.evolve(configuration, **changed),
            source,
            [*draft.mistakes, *wrong],
            draft.doubts,
        )


class ProducerOptions(ProviderOptions):
    """Of a producer: its class, a provider whose data it publishes, and where it is registered."""

    optParameters: ClassVar[list[list[object]]] = [
        ["class", None, None, "a ProducerServer of one's own, package.module:Class"],
        ["provider", None, None, "data provider whose data is published, package.module:Class"],
        [
            "interval",
            None,
            None,
            "seconds between two runs of --provider, or 500ms, 2m; 5 if left out",
        ],
        ["register", None, None, "URL of the registry or directory that is told of it"],
    ]

    def __init__(self) -> None:
        """Nothing is said yet."""
        super().__init__()
        self._given = Given(self)

    def postOptions(self) -> None:
        """See L{usage.Options.postOptions}: everything is read, and told when it does not read well."""
        given = self._given = Given(self)
        if self["class"]:
            implementation = readOption("class", "producer", "class", self["class"])
            given.key("producer", "implementation", implementation, "class")
        if self["provider"]:
            given.section("providers", self._providerName(), self._provider(), "provider")
        elif self["interval"]:
            raise usage.UsageError("--interval: it is of a provider; write --provider too")
        given.register()
        given.hasClass = bool(self["class"] or self["provider"])

    def searched(self) -> str:
        """See L{NodeOptions.searched}; what the command line names is looked for in the current directory too."""
        return self._given.searched(super().searched())

    def chosen(self, draft: Draft) -> Draft:
        """See L{NodeOptions.chosen}."""
        return self._given.joined(draft)

    def _provider(self) -> ProviderSection:
        return ProviderSection(
            implementation=readOption("provider", "providers", "class", self["provider"]),
            interval=readOption("interval", "providers", "interval", self["interval"] or _INTERVAL),
        )

    def _providerName(self) -> str:
        name: str = self["provider"].rpartition(":")[2]
        return name[:64]


class SubscribingOptions(NodeOptions):
    """Of a node that is told events: from where they come, and where it is registered."""

    optParameters: ClassVar[list[list[object]]] = [
        ["template", None, None, "names of the events of --subscribe, host.*; all if left out"],
        ["filter", None, None, 'what must be true of them, "Bandwidth > 100 Mb/s"'],
        ["look-back", None, None, "of the past that comes first, 10m, or seconds"],
        ["register", None, None, "URL of the registry or directory that is told of it"],
    ]

    def __init__(self) -> None:
        """Nothing is subscribed to yet."""
        super().__init__()
        self["subscribe"] = []
        self["lines"] = []
        self._given = Given(self)

    def opt_listen(self, endpoint: str) -> None:
        """endpoint such as tcp:8491, or of lines such as x-netlog://127.0.0.1:14830; may be given several times"""
        if endpoint.startswith((f"{TCP}:", f"{UDP}:")):
            self["lines"] = [*self["lines"], endpoint]
        else:
            super().opt_listen(endpoint)

    def opt_subscribe(self, url: str) -> None:
        """URL of a producer, or of a directory that knows some; may be given several times"""
        self["subscribe"] = [*self["subscribe"], readOption("subscribe", "subscribe", "at", url)]

    def postOptions(self) -> None:
        """See L{usage.Options.postOptions}: everything is read, and told when it does not read well."""
        of = [one for one in ("template", "filter", "look-back") if self[one]]
        if of and not self["subscribe"]:
            raise usage.UsageError(f"--{of[0]}: it is of a subscription; write --subscribe URL too")

        given = self._given = Given(self)
        if self["lines"]:
            listen = readOption("listen", "consumer", "listen", self["lines"])
            given.key("consumer", "listen", listen, "listen")
        for index, section in enumerate(self._subscribed()):
            given.section("subscribe", f"{_GIVEN}-{index + 1}", section, "subscribe")
        given.register()

    def chosen(self, draft: Draft) -> Draft:
        """See L{NodeOptions.chosen}: what the command line says counts, if it says something."""
        return self._given.joined(draft)

    def _subscribed(self) -> Sequence[SubscribeSection]:
        chosen: dict[str, Any] = {}
        for option, attribute, name in (
            ("template", "template", "template"),
            ("filter", "filter", "filter"),
            ("look-back", "lookBack", "look_back"),
        ):
            if self[option]:
                chosen[attribute] = readOption(option, "subscribe", name, self[option])
        return [SubscribeSection(at=one, **chosen) for one in self["subscribe"]]


class ConsumerOptions(SubscribingOptions):
    """Of a consumer: what becomes of its events."""

    optParameters: ClassVar[list[list[object]]] = [
        ["class", None, None, "a ConsumerServer of one's own, package.module:Class"],
        ["store", None, None, "file the events are appended to as lines of JSON"],
        ["forward", None, None, "URL of another consumer that is told of the events"],
    ]
    optFlags: ClassVar[list[list[object]]] = [
        ["print", None, "write the events to the standard output as lines of JSON"],
    ]

    def postOptions(self) -> None:
        """See L{usage.Options.postOptions}: everything is read, and told when it does not read well."""
        if sum(bool(self[one]) for one in ("class", "print", "store", "forward")) > 1:
            raise usage.UsageError("one of --class, --print, --store and --forward is enough")
        super().postOptions()
        given = self._given
        if self["class"]:
            implementation = readOption("class", "consumer", "class", self["class"])
            self._instead(given, "class", implementation=implementation)
        elif self["print"]:
            self._instead(given, "print", output=Output.PRINT)
        elif self["store"]:
            # twistd goes elsewhere before it runs.
            file = readOption("store", "consumer", "file", str(FilePath(self["store"]).absolute()))
            self._instead(given, "store", output=Output.STORE, file=file)
        elif self["forward"]:
            to = readOption("forward", "consumer", "to", self["forward"])
            self._instead(given, "forward", output=Output.FORWARD, to=to)
        given.hasClass = bool(self["class"])

    def searched(self) -> str:
        """See L{NodeOptions.searched}; what the command line names is looked for in the current directory too."""
        return self._given.searched(super().searched())

    def _instead(self, given: Given, option: str, **chosen: object) -> None:
        nothing: Mapping[str, object] = dict.fromkeys(("implementation", "output", "file", "to"))
        for attribute, value in {**nothing, **chosen}.items():
            given.key("consumer", attribute, value, option)
        if "implementation" not in chosen:
            given.key("consumer", "arguments", None, option)
        if "to" not in chosen:
            given.key("consumer", "tokenFile", None, option)
