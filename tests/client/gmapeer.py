"""A producer, a consumer and a directory elsewhere, as plain objects behind a L{PeerCaller}."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from gma_twisted.errors import GMAError, NotImplementedException, ParameterError
from gma_twisted.model.estimate import Estimate
from gma_twisted.model.event import Event
from gma_twisted.model.gma import EventAnswer, Features, GMAEntry, GMARole, SearchAnswer
from gma_twisted.model.timestamp import Timestamp

__all__ = ["ESTIMATE", "Peer"]

NOW = Timestamp.parse("2026-11-22T19:00:00.123456789Z")


@attrs.define
class Peer:
    """
    Answers what a test wants of it.

    @ivar role: what it says it is
    @ivar features: what it says it can do
    @ivar instance: its id
    @ivar results: by operation what is answered, or raised
    @ivar calls: (operation, its arguments) of each, without those that are C{None} or empty
    """

    role: GMARole = GMARole.PRODUCER
    features: Sequence[str] = ("query", "subscribe", "unsubscribe")
    instance: str = "one"
    results: dict[str, Any] = attrs.field(factory=dict)
    calls: list[tuple[str, Mapping[str, Any]]] = attrs.field(factory=list)

    @property
    def names(self) -> list[str]:
        """The operations that were called."""
        return [name for name, _ in self.calls]

    def getFeatures(self) -> Features:
        """What it can do."""
        self.calls.append(("getFeatures", {}))
        if "getFeatures" in self.results:
            raise self.results["getFeatures"]
        roles = [self.role.value]
        return Features(
            self.instance, NOW, "peer 1", roles, sorted(self.features), maxLease=86_400.0
        )

    def ping(self) -> Timestamp:
        """What time it is."""
        return NOW

    def __getattr__(self, name: str) -> Any:
        """Any other operation."""
        if name.startswith("__"):
            raise AttributeError(name)

        def answer(**arguments: Any) -> Any:
            said = {key: one for key, one in arguments.items() if one not in (None, [], ())}
            self.calls.append((name, said))
            if name not in self.features:
                raise NotImplementedException(f"no {name} here")
            result = self.results.get(name, _USUAL.get(name))
            if isinstance(result, GMAError):
                raise result
            return result(**said) if callable(result) else result

        return answer


def _bad(**arguments: Any) -> Any:
    (number,) = (one for key, one in arguments.items() if key.endswith("Id"))
    raise ParameterError(f"Bad id {number}", id=str(number))


ESTIMATE = Estimate(2.5, 250.25, "25 events of the last 10 s", 10.0, 25)

_USUAL: Mapping[str, Any] = {
    "query": EventAnswer([Event("a", NOW)]),
    "subscribe": (77, 600.0, 5),
    "unsubscribe": lambda **arguments: next(iter(arguments.values())),
    "renew": 600.0,
    "modify": 500.0,
    "pause": 400.0,
    "resume": 300.0,
    "estimate": ESTIMATE,
    "notify": lambda event, **more: len(event),
    "add": ("e1", 300.0, [GMAEntry(GMARole.CONSUMER, "http://c:8491/services/consumer")]),
    "update": (200.0, []),
    "remove": None,
    "renewMany": [("e1", 300.0), ("e2", None)],
    "search": SearchAnswer([GMAEntry(GMARole.PRODUCER, "http://p/x")], "more"),
    "watch": (9, 300.0),
    "unwatch": 9,
}

BAD = _bad
"""Of an operation on an id: there is none."""
