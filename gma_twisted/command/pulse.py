"""How a node does from one look to the next: what C{gma top} shows."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from gma_twisted.command.output import Table
from gma_twisted.command.place import Status

__all__ = ["Pulse"]

_MOST_ROWS = 20
_LIVE = "live"
# Of each rate the heading, and where its counter is in the status.
_RATES = (
    ("SOAP", "requests", "soap"),
    ("WEB", "requests", "web"),
    ("NOTICES IN", "aggregation", "notices"),
    ("VALUES IN", "aggregation", "put"),
)
_PROVIDERS = {
    "PROVIDER": "name",
    "STATE": "state",
    "RUNS": "runs",
    "FAILURES": "failures",
    "SECONDS": "lastDuration",
    "LAST ERROR": "lastError",
}
_SOURCES = {
    "SOURCE": "source",
    "STATE": "state",
    "VALUES": "values",
    "LAST NOTICE": "lastNotice",
    "REASON": "reason",
}


@attrs.frozen(slots=True, eq=False)
class Pulse:
    """
    Two looks at a node.

    @ivar now: what it said of itself
    @ivar before: at the look before; C{None} at the first, and after a restart of the node
    @ivar at: wall time here, seconds since 1970
    """

    now: Status
    before: Status | None
    at: float

    @classmethod
    def of(cls, now: Status, before: Status | None, at: float) -> "Pulse":
        """See the attributes."""
        isSame = before is not None and _number(now, "uptime") > _number(before, "uptime")
        return cls(now, before if isSame else None, at)

    def line(self) -> str:
        """All of it on one line."""
        providers, sources = self._rows("providers"), self._rows("sources")
        failing = sum(bool(one.get("lastError")) for one in providers)
        away = sum(one.get("state") != _LIVE for one in sources)
        words = [
            time.strftime("%H:%M:%S", time.localtime(self.at)),
            f"up {_number(self.now, 'uptime'):.0f} s",
            f"{self.now.get('elements', '-')} values",
            f"{self.now.get('subscriptions', '-')} subscriptions",
            *(f"{name.lower()} {self._rate(*where)}/s" for name, *where in _RATES),
            f"{len(providers)} providers, {failing} failing",
            f"{len(sources)} sources, {away} not live",
        ]
        return "  ".join(words)

    def tables(self) -> Sequence[Table]:
        """The node, its providers, and its sources; what is wrong first, and no more than a terminal has lines."""
        headings = ["NODE", "UP FOR", "VALUES", "SUBSCRIPTIONS"]
        node = [
            str(self.now.get("name", "-")),
            f"{_number(self.now, 'uptime'):.0f} s",
            str(self.now.get("elements", "-")),
            str(self.now.get("subscriptions", "-")),
        ]
        headings += [f"{name}/S" for name, *_ in _RATES]
        node += [self._rate(*where) for _, *where in _RATES]
        found = [Table(headings, [node])]
        providers = sorted(self._rows("providers"), key=lambda one: not one.get("lastError"))
        sources = sorted(self._rows("sources"), key=lambda one: one.get("state") == _LIVE)
        found += [_table(_PROVIDERS, providers)] if providers else []
        found += [_table(_SOURCES, sources)] if sources else []
        return found

    def _rows(self, name: str) -> Sequence[Mapping[str, Any]]:
        # A node of another version may say it otherwise.
        rows = self.now.get(name)
        return [one for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []

    def _rate(self, group: str, name: str) -> str:
        if self.before is None:
            return "-"
        seconds = _number(self.now, "uptime") - _number(self.before, "uptime")
        counted = _counter(self.now, group, name) - _counter(self.before, group, name)
        return f"{counted / seconds:.1f}"


def _table(members: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> Table:
    """@param members: by heading"""
    cells = [[str(row.get(one) or "-") for one in members.values()] for row in rows[:_MOST_ROWS]]
    if more := len(rows) - len(cells):
        cells.append([f"and {more} more", *[""] * (len(members) - 1)])
    return Table(list(members), cells)


def _counter(status: Status, group: str, name: str) -> float:
    members = status.get(group)
    return _number(members, name) if isinstance(members, dict) else 0.0


def _number(members: Mapping[str, Any], name: str) -> float:
    value = members.get(name)
    return float(value) if isinstance(value, int | float) else 0.0
