"""C{installedProviders} and C{executedProviders}: which providers there are, and when they run."""

import shlex
from collections.abc import Iterable, Mapping

import attrs

from gma_twisted.configuration.gt3.classes import SCRIPT, ProviderClasses, shown
from gma_twisted.configuration.gt3.gathering import Gathering, textOf
from gma_twisted.configuration.kinds import QNAME
from gma_twisted.configuration.mistakes import quoted
from gma_twisted.configuration.places import Path
from gma_twisted.errors import GMAError, ParameterError
from gma_twisted.markup import Element
from gma_twisted.markup.xsd import readBoolean, readQName

__all__ = ["Providers"]

_CLASS, _HANDLER = "class", "handler"
_NAME = "serviceDataProviderName"
_IMPLEMENTATION = "serviceDataProviderImpl"
_ARGUMENTS = "serviceDataProviderArgs"
_DATA_NAME = "serviceDataName"
_FREQUENCY = "refreshFrequency"
_ASYNC = "async"
_LONGEST = 8192
_MEND_CLASS = "write the name of a class that can be imported"
_CHILDREN = (_NAME, _IMPLEMENTATION, _ARGUMENTS, _DATA_NAME, _FREQUENCY, _ASYNC)


@attrs.define(slots=True, eq=False)
class _Installed:
    """One C{providerEntry}; C{implementation} is empty when its class is a mistake, which is told."""

    element: Element
    path: Path
    implementation: str = ""
    handler: str | None = None
    isExecuted: bool = False


@attrs.define(slots=True, eq=False)
class Providers:
    """
    Reads both lists; first what is installed, then what is executed, then L{rest}.

    @ivar gathering: takes sections and mistakes
    @ivar classes: what is known of classes
    """

    gathering: Gathering
    classes: ProviderClasses
    _installed: dict[str, _Installed] = attrs.field(factory=dict, init=False)

    def install(self, entries: Iterable[tuple[Path, Element]]) -> None:
        """Read entries with the attributes C{class} and C{handler}."""
        for path, element in entries:
            self.gathering.stands(path, element)
            attributes = self.gathering.attributes(element, path, (_CLASS, _HANDLER))
            if attributes is None:
                continue
            name = attributes.get(_CLASS)
            if name is None:
                self.gathering.wrong(path, "names no class", 'write class="..."', element)
            elif name in self._installed:
                self._again(path, element, name, attributes)
            else:
                self._installed[name] = self._entry(path, element, name, attributes)

    def _again(
        self, path: Path, element: Element, name: str, attributes: Mapping[str, str]
    ) -> None:
        first = self._installed[name].element.get(_HANDLER, "").strip()
        if first == attributes.get(_HANDLER, ""):
            self.gathering.stands((*path, _CLASS), element, _CLASS)
            self.gathering.doubts.append(((*path, _CLASS), f"{shown(name)} is installed already"))
        else:
            message = f"{shown(name)} is installed already, with another handler"
            cure = "leave one of them out"
            self.gathering.wrong((*path, _CLASS), message, cure, element, _CLASS)

    def _entry(
        self, path: Path, element: Element, name: str, attributes: Mapping[str, str]
    ) -> _Installed:
        entry = _Installed(element, path)
        self.gathering.stands((*path, _CLASS), element, _CLASS)
        try:
            resolved = self.classes.resolve(name)
            if resolved.doubt:
                self.gathering.doubts.append(((*path, _CLASS), resolved.doubt))
            entry.implementation = resolved.implementation
        except ParameterError as error:
            self.gathering.refused((*path, _CLASS), error, _MEND_CLASS, element, _CLASS)
        try:
            if handler := attributes.get(_HANDLER):
                entry.handler = self.classes.resolveHandler(handler)
        except ParameterError as error:
            self.gathering.refused((*path, _HANDLER), error, _MEND_CLASS, element, _HANDLER)
        return entry

    def execute(self, path: Path, element: Element) -> None:
        """Read one C{ServiceDataProviderExecution}."""
        parts = self.gathering.children(element, path, _CHILDREN)
        node = parts.get(_IMPLEMENTATION)
        asked = "" if node is None else textOf(node)
        if node is None or not asked:
            cure = f"write <{_IMPLEMENTATION}>CLASS</{_IMPLEMENTATION}> into it"
            self.gathering.wrong(path, "names no class", cure, element)
            return
        isProgram = asked.startswith("/")
        entry = None if isProgram else self._find((*path, _IMPLEMENTATION), node, asked)
        if not isProgram and (entry is None or not entry.implementation):
            return  # what is wrong is told
        name = textOf(parts[_NAME]) if _NAME in parts else ""
        at, table = self.gathering.section("providers", name or _lastOf(asked), element)
        if entry is None:
            self._program(at, table, parts, node)
        else:
            self._component(at, table, parts, entry)
        self._schedule(at, table, parts)

    def _find(self, path: Path, node: Element, asked: str) -> _Installed | None:
        found = self._installed.get(asked)
        try:
            if found is None:
                implementation = self.classes.resolve(asked).implementation
                for name, one in self._installed.items():
                    if one.implementation == implementation:
                        found = one
                        self.gathering.stands(path, node)
                        message = f"{shown(asked)} is installed as {shown(name)}"
                        self.gathering.doubts.append((path, message))
                        break
        except ParameterError as error:
            self.gathering.refused(path, error, _MEND_CLASS, node)
            return None
        if found is None:
            message = f"{shown(asked)} is executed, but not installed"
            cure = f"write <providerEntry class={shown(asked)}/> into installedProviders"
            self.gathering.wrong(path, message, cure, node)
            return None
        found.isExecuted = True
        return found

    def _program(
        self, at: Path, table: dict[str, object], parts: Mapping[str, Element], node: Element
    ) -> None:
        """An executable in place of a class, as those of MDS 2 were executed without being installed."""
        words = self._words(at, parts)
        if words is None:
            return
        self.gathering.stands((*at, "command"), node)
        table["command"] = [textOf(node), *words]
        self.gathering.doubts.append(
            ((*at, "command"), "programs of MDS 2 print LDIF; this one must print an XML document")
        )

    def _component(
        self, at: Path, table: dict[str, object], parts: Mapping[str, Element], entry: _Installed
    ) -> None:
        implementation = entry.implementation
        self.gathering.stands((*at, "class"), parts[_IMPLEMENTATION])
        self.gathering.stands((*at, "handler"), entry.element, _HANDLER)
        if entry.handler is not None:
            table["handler"] = entry.handler
        words = self._words(at, parts)
        if words is None:
            return
        if implementation == SCRIPT and not _isKeyed(words):
            self._commandLine(at, table, parts, words)
            return
        table["class"] = implementation
        if words:
            self._arguments(at, table, implementation, parts[_ARGUMENTS])
        if _ASYNC in parts:
            self._async(at, table, implementation, parts[_ASYNC])

    def _words(self, at: Path, parts: Mapping[str, Element]) -> list[str] | None:
        node = parts.get(_ARGUMENTS)
        text = "" if node is None else textOf(node)
        if node is None or not text:
            return []
        self.gathering.stands((*at, "arguments"), node)
        try:
            if len(text) > _LONGEST:
                raise ValueError(f"longer than {_LONGEST} characters")
            return shlex.split(text)
        except ValueError as error:
            message = f"{_ARGUMENTS} {quoted(text)}: {error}"
            cure = "write words as a shell has them, 'in quotes' where they hold blanks"
            self.gathering.wrong((*at, "arguments"), message, cure, node)
            return None

    def _commandLine(
        self, at: Path, table: dict[str, object], parts: Mapping[str, Element], words: list[str]
    ) -> None:
        node = parts.get(_ARGUMENTS, parts[_IMPLEMENTATION])
        self.gathering.stands((*at, "command"), node)
        if words:
            table["command"] = words
        else:
            cure = f"write /path/of/program and its words into {_ARGUMENTS}"
            self.gathering.wrong((*at, "command"), f"{SCRIPT} needs a program", cure, node)

    def _arguments(
        self, at: Path, table: dict[str, object], implementation: str, node: Element
    ) -> None:
        try:
            table["arguments"] = dict(self.classes.readArguments(implementation, textOf(node)))
        except GMAError as error:
            cure = "write key=value for each, by the names of the constructor"
            self.gathering.refused((*at, "arguments"), error, cure, node)

    def _async(
        self, at: Path, table: dict[str, object], implementation: str, node: Element
    ) -> None:
        # Asked of a class that has no asynchronous interface it means nothing: GT3's own default file did so.
        try:
            isAsked = bool(textOf(node)) and readBoolean(textOf(node))
            if isAsked and self.classes.isAsync(implementation):
                self.gathering.stands((*at, "async"), node)
                table["async"] = True
        except GMAError as error:
            self.gathering.refused((*at, "async"), error, "write true or false", node)

    def _schedule(self, at: Path, table: dict[str, object], parts: Mapping[str, Element]) -> None:
        node = parts.get(_FREQUENCY)
        table["interval"] = "0s"
        if node is not None and textOf(node):
            table["interval"] = self.gathering.seconds(textOf(node), (*at, "interval"), node)
        node = parts.get(_DATA_NAME)
        if node is not None and textOf(node):
            self.gathering.stands((*at, "name"), node)
            try:
                table["name"] = readQName(textOf(node), node.nsmap).clark
            except ParameterError as error:
                self.gathering.refused((*at, "name"), error, QNAME.cure, node)

    def rest(self) -> None:
        """What is installed and not executed becomes a section too: C{executeProvider} may run it."""
        for entry in self._installed.values():
            if entry.isExecuted or not entry.implementation:
                continue
            name = _lastOf(entry.implementation)
            if entry.implementation == SCRIPT:
                # Which program runs is the operator's to say, not a caller's.
                message = f"{SCRIPT} is installed without a program, and left out: callers cannot name one"
                self.gathering.doubts.append(((*entry.path, _CLASS), message))
                continue
            at, table = self.gathering.section("providers", name, entry.element)
            self.gathering.stands((*at, "class"), entry.element, _CLASS)
            self.gathering.stands((*at, "handler"), entry.element, _HANDLER)
            table["class"] = entry.implementation
            if entry.handler is not None:
                table["handler"] = entry.handler


def _isKeyed(words: list[str]) -> bool:
    """Whether arguments are those of our constructor, C{command=/bin/program}, rather than a command line."""
    return bool(words) and words[0].startswith(("command=", "maxOutput="))


def _lastOf(implementation: str) -> str:
    """The last part of a dotted name, or of a path."""
    return implementation.replace(":", ".").replace("/", ".").rpartition(".")[2]
