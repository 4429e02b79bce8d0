"""What is gathered while a provider file is read: tables as TOML would have them, and where everything stands."""

import re
from collections.abc import Iterable, Mapping

import attrs

from gma_twisted.configuration.draft import Draft
from gma_twisted.configuration.gt3.places import Spot, XMLSource
from gma_twisted.configuration.mistakes import Mistake, nearest, quoted
from gma_twisted.configuration.places import Path
from gma_twisted.configuration.reader import MAX_NAMED, NAMED, readSection
from gma_twisted.configuration.sections import Configuration
from gma_twisted.errors import GMAError
from gma_twisted.markup import Element, nameOf
from gma_twisted.markup.namespaces import OGSI, XML, XSI

__all__ = ["Gathering", "textOf"]

_OTHER = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 64
_GLOBUS = "http://www.globus.org/namespaces/"
_SECONDS = re.compile(r"[0-9]{1,9}")
_IGNORED = (f"{{{XSI}}}", f"{{{XML}}}")
_TEN_DAYS = 864_000
_FEWER = "leave some of them to another node"


def textOf(element: Element) -> str:
    """The text of an element without children, blanks around it dropped."""
    return (element.text or "").strip()


def _localName(element: Element) -> str:
    """The name of an element of the grammar: in a namespace of Globus or OGSI's, or in none, as people wrote them."""
    name = nameOf(element)
    isKnown = name.namespace in ("", OGSI) or name.namespace.startswith(_GLOBUS)
    return name.localName if isKnown else name.clark


@attrs.define(slots=True, eq=False)
class Gathering:
    """
    Collects what a file says and everything that is wrong with it.

    @ivar tables: kind of section, name, key: values as tomllib would give them
    @ivar spots: where each key stands
    @ivar mistakes: so far
    @ivar doubts: what may not mean what it says, and the key it is about
    """

    tables: dict[str, dict[str, dict[str, object]]] = attrs.field(factory=dict, init=False)
    spots: dict[Path, Spot] = attrs.field(factory=dict, init=False)
    mistakes: list[Mistake] = attrs.field(factory=list, init=False)
    doubts: list[tuple[Path, str]] = attrs.field(factory=list, init=False)
    _numbers: dict[Element, int] = attrs.field(factory=dict, init=False)
    _counts: dict[tuple[str, str], int] = attrs.field(factory=dict, init=False)

    def begin(self, root: Element) -> None:
        """Number the elements of a document; called once, before anything else."""
        self._numbers = {element: number for number, element in enumerate(root.iter())}

    def stands(self, path: Path, element: Element, attribute: str = "") -> None:
        """Remember where a key stands; the first word counts."""
        self.spots.setdefault(path, Spot(self._numbers[element], attribute))

    def wrong(
        self,
        path: Path,
        message: str,
        cure: str,
        element: Element,
        attribute: str = "",
        atKey: bool = False,
    ) -> None:
        """
        There is a mistake.

        @param message: as cure and atKey, see L{Mistake}
        @param element: where it is shown, unless the path has a place already
        """
        self.stands(path, element, attribute)
        self.mistakes.append(Mistake(path, message, cure, atKey))

    def refused(
        self, path: Path, error: GMAError, cure: str, element: Element, attribute: str = ""
    ) -> None:
        """
        There is a mistake, as an error tells it.

        @param cure: where the error has none
        """
        self.wrong(path, error.what, error.cure or cure, element, attribute)

    def section(self, kind: str, wished: str, element: Element) -> tuple[Path, dict[str, object]]:
        """
        A new section.

        @param wished: its name; what no name may have becomes dashes, and a number follows when it is taken
        @return: its path, and its keys, to be filled
        """
        name = self._free(kind, wished)
        table = self.tables.setdefault(kind, {}).setdefault(name, {})
        path = (kind, name)
        self.stands(path, element)
        return path, table

    def _free(self, kind: str, wished: str) -> str:
        base = _OTHER.sub("-", wished).lstrip("._-")[:_LONGEST_NAME].rstrip("-") or kind
        taken = self.tables.get(kind, {})
        name = base
        number = self._counts.get((kind, base), 1)
        while name in taken:
            number += 1
            name = f"{base[: _LONGEST_NAME - 1 - len(str(number))]}-{number}"
        self._counts[kind, base] = number
        return name

    def children(self, parent: Element, path: Path, known: Iterable[str]) -> Mapping[str, Element]:
        """
        The children of an element that have a name each, no one twice.

        @return: by local name; the others are mistakes
        """
        names = tuple(known)
        found: dict[str, Element] = {}
        for child in parent:
            name = _localName(child)
            at = (*path, name)
            if name not in names:
                self._unknown(at, name, names, child)
            elif name in found:
                self.wrong((*at, 1), "stands twice", "leave one of them out", child)
            else:
                found[name] = child
        return found

    def _unknown(self, path: Path, name: str, names: Iterable[str], element: Element) -> None:
        message = f"unknown element {quoted(name)}"
        self.wrong(path, message, nearest(name, names), element, atKey=True)

    def all(self, parent: Element, path: Path, name: str) -> Iterable[tuple[Path, Element]]:
        """The children of a list, L{MAX_NAMED} at most; those of another name than C{name} are mistakes."""
        if len(parent) > MAX_NAMED:
            message = f"{len(parent)} elements are more than {MAX_NAMED}"
            self.wrong(path, message, _FEWER, parent)
            return
        for index, child in enumerate(parent):
            at = (*path, index)
            found = _localName(child)
            if found == name:
                self.stands(at, child)
                yield at, child
            else:
                self._unknown(at, found, [name], child)

    def attributes(
        self, element: Element, path: Path, known: Iterable[str]
    ) -> Mapping[str, str] | None:
        """
        The attributes of an element, blanks around them dropped; empty ones are not there.

        @return: C{None} when there are others than the known: that is told
        """
        names = tuple(known)
        found = {}
        isGood = True
        for name, value in element.attrib.items():
            key = str(name)
            if key.startswith(_IGNORED):
                continue
            if key in names:
                if str(value).strip():
                    found[key] = str(value).strip()
                continue
            isGood = False
            local = key.rpartition("}")[2]
            message = f"unknown attribute {quoted(key)}"
            cure = nearest(key, names)
            self.wrong((*path, key), message, cure, element, local, atKey=True)
        return found if isGood else None

    def seconds(self, text: str, path: Path, element: Element, attribute: str = "") -> str | None:
        """
        A whole number of seconds, as TOML writes a duration.

        @return: C{None} when it is none: that is told
        """
        self.stands(path, element, attribute)
        if not (text.isascii() and _SECONDS.fullmatch(text)):
            message = f"{quoted(text)} is not a number of seconds"
            self.wrong(path, message, "write 60 for a minute", element)
            return None
        count = int(text)
        if count > _TEN_DAYS:
            days = count / 86400
            self.doubts.append((path, f"{count} seconds are {days:.1f} days, not milliseconds"))
        return f"{count}s"

    def draft(self, name: str, text: str) -> Draft:
        """
        Everything as sections.

        @param name: of the file
        @param text: of the file, with LF line ends
        """
        found: dict[str, dict[str, object]] = {}
        for kind, tables in self.tables.items():
            if len(tables) > MAX_NAMED:
                message = f"{len(tables)} sections are more than {MAX_NAMED}"
                self.mistakes.append(Mistake((kind,), message, _FEWER))
                continue
            # What is half read would be told again, as if keys were missing.
            wrong = {one.path[:2] for one in self.mistakes}
            found[kind] = {
                one: readSection(NAMED[kind], table, (kind, one), self.mistakes)
                for one, table in tables.items()
                if (kind, one) not in wrong
            }
        source = XMLSource(name, text, spots=self.spots)
        return Draft(Configuration(**found), source, tuple(self.mistakes))  # type: ignore[arg-type]
