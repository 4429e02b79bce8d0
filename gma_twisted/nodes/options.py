"""The options of every node kind, and how they win over the configuration file."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path as FilePath
from typing import Any, ClassVar

import attrs
from twisted.python import usage

import gma_twisted
from gma_twisted.configuration import (
    Draft,
    Mistake,
    NodeSection,
    findBeside,
    readDraft,
    readFile,
)
from gma_twisted.configuration.declaration import keys
from gma_twisted.configuration.gt3 import ProviderClasses, join, readProviders
from gma_twisted.configuration.places import Path
from gma_twisted.configuration.reader import readBytes
from gma_twisted.errors import ParameterError
from gma_twisted.nodes.providerfiles import providerClasses

__all__ = ["NodeOptions", "ProviderOptions"]

# Options that name a file of the configuration.
_FILES = ("config", "providers")
_KINDS = {one.attribute: one.kind for one in keys(NodeSection)}


def _coerced(option: str, attribute: str) -> Callable[[Any], Any]:
    """The value of an option, read as the same key of the file is; a ValueError is what twistd expects."""

    def coerce(text: Any) -> Any:
        try:
            return _KINDS[attribute].read(text)
        except ParameterError as error:
            raise ValueError(f"{option}: {error.message}") from None

    return coerce


class NodeOptions(usage.Options):
    """
    What follows the sub-command on twistd's command line.

    A mistake is one line and exit status 1, not the page of all options.

    @cvar command: the sub-command, to begin that line
    """

    command: ClassVar[str] = "gma-index"

    optParameters: ClassVar[list[list[object]]] = [
        ["config", "c", None, "TOML file; without one every key has its default"],
        [
            "state-dir",
            None,
            None,
            "directory of what survives a restart",
            _coerced("--state-dir", "stateDir"),
        ],
        ["name", None, None, "name in pages, logs and gma:node", _coerced("--name", "name")],
    ]
    optFlags: ClassVar[list[list[object]]] = [
        ["insecure", None, "listen on addresses others can reach, without TLS or identity"],
        ["check", None, "check everything, start nothing; exit status 0 or 1"],
    ]

    def __init__(self) -> None:
        """No endpoint is given yet."""
        super().__init__()  # type: ignore[no-untyped-call]
        self["listen"] = []

    def opt_listen(self, endpoint: str) -> None:
        """endpoint such as tcp:8480:interface=127.0.0.1; may be given several times"""
        try:
            self["listen"] = [*self["listen"], endpoint]
            _KINDS["listen"].read(self["listen"])
        except ParameterError as error:
            raise usage.UsageError(f"--listen: {error.message}") from None

    def opt_version(self) -> None:
        """show the version and exit"""
        sys.stdout.write(f"{self.command} {gma_twisted.__version__}\n")
        raise SystemExit(0)

    def parseArgs(self, *words: str) -> None:
        """There are no words without an option."""
        if words:
            raise usage.UsageError(f'unexpected word "{words[0]}"')

    def parseOptions(self, options: Sequence[str] | None = None) -> None:
        """See L{usage.Options.parseOptions}. @raise SystemExit: with the line about a mistake"""
        try:
            super().parseOptions(options)  # type: ignore[no-untyped-call]
        except usage.UsageError as error:
            words = str(error).removeprefix("Parameter type enforcement failed: ")
            raise SystemExit(f"{self.command}: {words}; --help names the options") from None

    def settle(self) -> bool:
        """
        Name the files of the configuration by absolute paths from now on: twistd goes elsewhere before it runs.

        @return: whether there are any, to be read again
        """
        given = [option for option in _FILES if self.get(option)]
        for option in given:
            self[option] = str(FilePath(self[option]).absolute())
        return bool(given)

    def searched(self) -> str:
        """Let modules be found beside the configuration. @return: where else they are looked for, in words"""
        name = self["config"]
        return findBeside(FilePath(name).parent) if name else "on PYTHONPATH"

    def configuration(self) -> Draft:
        """
        All that says what the node is: L{read}, and L{joined} to it what another file says.

        @raise ConfigError: a file cannot be read, or is not of its kind
        """
        return self.joined(self.read(), self.beside(), lambda: providerClasses(self.searched()))

    def read(self) -> Draft:
        """
        The TOML file, and what the command line says instead. Nothing is imported or changed: it may be done in a
        thread.

        @raise ConfigError: the file cannot be read, or is no TOML
        """
        name = self["config"]
        draft = readFile(name) if name else readDraft("", "")
        given = {
            "name": self["name"],
            "stateDir": self["state-dir"],
            "listen": _KINDS["listen"].read(self["listen"]) if self["listen"] else None,
            "insecure": True if self["insecure"] else None,
        }
        chosen = {attribute: value for attribute, value in given.items() if value is not None}
        node = attrs.evolve(draft.configuration.node, **chosen)
        # What the file alone says wrong is told already.
        wrong = [
            Mistake(("node", key), why, cure) for key, why, cure in node.mistakes() if key in chosen
        ]
        files = {one.attribute: one.name for one in keys(NodeSection)}
        options: dict[Path, str] = {
            ("node", files[one]): "--" + files[one].replace("_", "-") for one in chosen
        }
        return self.chosen(
            Draft(
                attrs.evolve(draft.configuration, node=node),
                attrs.evolve(draft.source, options=options),
                [*draft.mistakes, *wrong],
                draft.doubts,
            )
        )

    def chosen(self, draft: Draft) -> Draft:
        """What was read, with what options of one kind of nodes say instead; as L{read} it may be done in a thread."""
        return draft

    def beside(self) -> bytes:
        """
        What is in the file beside the TOML file, for L{joined}; as L{read} it may be done in a thread.

        @return: nothing where there is no such file
        @raise ConfigError: it cannot be read
        """
        return b""

    def joined(self, draft: Draft, beside: bytes, classes: Callable[[], ProviderClasses]) -> Draft:
        """
        What was read, with what stands in the file beside it.

        @param classes: is called when there is such a file: what is known of the classes it names
        @raise ConfigError: see L{configuration}
        """
        return draft


class ProviderOptions(NodeOptions):
    """Of a node that runs providers: those of a file of GT3 as well."""

    optParameters: ClassVar[list[list[object]]] = [
        [
            "providers",
            None,
            None,
            "provider file of GT3, read beside the TOML file or instead of it",
        ],
    ]

    def searched(self) -> str:
        """See L{NodeOptions.searched}; without a configuration it is the directory of the provider file."""
        if self["config"] or not self["providers"]:
            return super().searched()
        return findBeside(FilePath(self["providers"]).parent)

    def beside(self) -> bytes:
        """See L{NodeOptions.beside}: the provider file."""
        name = self["providers"]
        return readBytes(name) if name else b""

    def joined(self, draft: Draft, beside: bytes, classes: Callable[[], ProviderClasses]) -> Draft:
        """See L{NodeOptions.joined}: the provider file. @raise ConfigError: it is no XML"""
        name = self["providers"]
        return join(draft, readProviders(beside, name, classes())) if name else draft
