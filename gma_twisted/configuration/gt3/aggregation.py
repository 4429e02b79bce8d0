"""What is aggregated: C{aggregatedSubscriptions} of GT 3.0, C{dataAggregations} and registrations of GT 3.2."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import attrs

from gma_twisted.configuration.gt3.gathering import Gathering, textOf
from gma_twisted.configuration.kinds import QNAME
from gma_twisted.configuration.mistakes import quoted
from gma_twisted.configuration.places import Path
from gma_twisted.errors import GMAError, ParameterError
from gma_twisted.markup import Element
from gma_twisted.markup.xsd import readBoolean, readQName
from gma_twisted.soap.aggregating import AggregationSubscription, readAggregationSubscription

__all__ = ["Aggregations"]

_SOURCE, _SINK, _PARAMS = "source", "sink", "params"
_NAME, _LIFETIME = "serviceDataName", "lifetime"
_REGISTRY, _KEEPALIVE, _REMOVE = "registry", "keepalive", "remove"
_HANDLE = "handle"


@attrs.define(slots=True, eq=False)
class Aggregations:
    """
    Reads one element at a time.

    @ivar gathering: takes sections and mistakes
    """

    gathering: Gathering

    def subscription(self, path: Path, element: Element) -> None:
        """Read an C{AggregatorSubscription}: one name of one source (GT 3.0)."""
        parts = self.gathering.children(element, path, (_NAME, _SOURCE, _LIFETIME))
        if not self._has(parts, path, element, _SOURCE, _NAME):
            return
        at, table = self._aggregate(parts[_SOURCE], element)
        name, lifetime = parts[_NAME], parts.get(_LIFETIME)
        self.gathering.stands((*at, "names"), name)
        try:
            table["names"] = [readQName(textOf(name), name.nsmap).clark]
        except ParameterError as error:
            self.gathering.refused((*at, "names"), error, QNAME.cure, name)
        if lifetime is not None and textOf(lifetime):
            table["lifetime"] = self.gathering.seconds(
                textOf(lifetime), (*at, "lifetime"), lifetime
            )

    def aggregation(self, path: Path, element: Element) -> None:
        """Read a C{DataAggregation} of an index's own file (GT 3.2)."""
        parts = self.gathering.children(element, path, (_SOURCE, _SINK, _PARAMS))
        if not self._has(parts, path, element, _SOURCE, _PARAMS):
            return
        at, table = self._aggregate(parts[_SOURCE], element)
        if _SINK in parts:
            sink = (*at, "sink")
            self.gathering.stands(sink, parts[_SINK])
            message = (
                f"{quoted(_urlOf(parts[_SINK]))} is not told: a node aggregates for itself; "
                "if the sink is another service, move this into its configuration"
            )
            self.gathering.doubts.append((sink, message))
        self.gathering.stands((*at, "names"), parts[_PARAMS])
        found = self._params((*at, "names"), parts[_PARAMS])
        if found is None:
            return
        table["names"] = [one.clark for one in found.names]
        if found.lifetime is not None:
            self._lifetime((*at, "lifetime"), table, found.lifetime, parts[_PARAMS])

    def registration(self, path: Path, element: Element) -> None:
        """Read a C{registration} of C{registration_config.xml} (GT 3.2)."""
        known = (_REGISTRY, _KEEPALIVE, _LIFETIME, _REMOVE)
        attributes = self.gathering.attributes(element, path, known)
        parts = self.gathering.children(element, path, ("DataAggregation",))
        if attributes is None:
            return
        if _REGISTRY not in attributes:
            cure = 'write registry="http://HOST:PORT/services/NAME"'
            self.gathering.wrong(path, "names no registry", cure, element)
            return
        registry = attributes[_REGISTRY]
        at, table = self.gathering.section("register", _nameOf(registry), element)
        self.gathering.stands((*at, "at"), element, _REGISTRY)
        table["at"] = registry
        if _LIFETIME in attributes:
            where = (*at, "lifetime")
            table["lifetime"] = self.gathering.seconds(
                attributes[_LIFETIME], where, element, _LIFETIME
            )
        for name, otherwise in (
            (_KEEPALIVE, "it is renewed for as long as the node runs all the same"),
            (_REMOVE, "it is taken out all the same when the node stops"),
        ):
            if name in attributes:
                self._habit((*at, name), element, attributes[name], otherwise)
        if "DataAggregation" in parts:
            self._wanted(at, table, path, parts["DataAggregation"])

    def _habit(self, path: Path, element: Element, text: str, otherwise: str) -> None:
        """What GT3 could be told to leave out, and a node of ours always does."""
        name = str(path[-1])
        try:
            if not readBoolean(text):
                self.gathering.stands(path, element, name)
                self.gathering.doubts.append((path, f'{name}="{text}": {otherwise}'))
        except ParameterError as error:
            self.gathering.refused(path, error, "write true or false", element, name)

    def _wanted(self, at: Path, table: dict[str, object], path: Path, element: Element) -> None:
        parts = self.gathering.children(element, (*path, "DataAggregation"), (_PARAMS,))
        if _PARAMS not in parts:
            cure = f"write <{_PARAMS}> with an AggregationSubscription into it"
            self.gathering.wrong((*at, "names"), f"needs {_PARAMS}", cure, element)
            return
        self.gathering.stands((*at, "names"), parts[_PARAMS])
        found = self._params((*at, "names"), parts[_PARAMS])
        if found is not None:
            table["names"] = [one.clark for one in found.names]

    def _has(
        self, parts: Mapping[str, Element], path: Path, element: Element, *needed: str
    ) -> bool:
        missing = [one for one in needed if one not in parts]
        if missing:
            message = f"needs {' and '.join(missing)}"
            tags = " and ".join(f"<{one}>" for one in missing)
            self.gathering.wrong(path, message, f"write {tags} into it", element)
        return not missing

    def _aggregate(self, source: Element, element: Element) -> tuple[Path, dict[str, object]]:
        url = _urlOf(source)
        at, table = self.gathering.section("aggregate", _nameOf(url), element)
        self.gathering.stands((*at, "from"), source)
        table["from"] = url
        return at, table

    def _params(self, path: Path, params: Element) -> AggregationSubscription | None:
        inside = list(params)
        if len(inside) != 1:
            message = f"params hold {len(inside)} elements, not one"
            cure = "write one AggregationSubscription into them"
            self.gathering.wrong(path, message, cure, params)
            return None
        try:
            return readAggregationSubscription(inside[0])
        except GMAError as error:
            cure = "write the names into serviceDataNames of an AggregationSubscription"
            self.gathering.refused(path, error, cure, params)
            return None

    def _lifetime(
        self, path: Path, table: dict[str, object], seconds: float, params: Element
    ) -> None:
        table["lifetime"] = self.gathering.seconds(f"{seconds:.0f}", path, params)


def _urlOf(element: Element) -> str:
    """A handle as text, or in C{handle} as a locator has it."""
    for one in element.iter():
        if one is not element and str(one.tag).rpartition("}")[2] == _HANDLE:
            return textOf(one)
    return textOf(element)


def _nameOf(url: str) -> str:
    """What a service is called: host and the last part of its path."""
    try:
        parts = urlsplit(url)
    except ValueError:  # no URL, which the key's own reader tells
        return "source"
    last = parts.path.rstrip("/").rpartition("/")[2]
    # Without dots, which TOML would have in quotes.
    host = (parts.hostname or "").replace(".", "-")
    return "-".join(one for one in (host, last) if one) or "source"
