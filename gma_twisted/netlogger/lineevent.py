"""Events of plain lines, the fields of which are made when somebody looks at them."""

import re
from functools import lru_cache
from typing import Any

from gma_twisted.model.event import Event, EventField
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.netlogger.flat import UNITS, itemsOf, takeNumbers
from gma_twisted.netlogger.pairs import numberOf

__all__ = ["LineEvent", "matchPlain"]

# Of what this matches nothing can be refused any more but the time: no name, no text and no event is longer than it may
# be, all is printable ASCII, nothing is escaped, and there is no second time or name.
_NAME = r"(?!ts=|event=)[0-9A-Za-z_.\-]{1,256}+"
_VALUE = r'(?:[!#-~]{1,256}+|"[ !#-\[\]-~]{0,256}+")'
matchPlain = re.compile(
    r"ts=([0-9T:\-]{19})\.([0-9]{6}(?:[0-9]{3})?)Z event=([!#-~]{1,256}+)"
    rf"((?: {_NAME}={_VALUE}){{0,8000}}+)\n?+"
).fullmatch
"""Match a line as most are: time in UTC with micro- or nanoseconds, name, and pairs, one blank between any two."""

# Apart are those numbers of which numberOf would say nothing else.
_PAIR = re.compile(
    r" ([^=]++)="
    r"(?:(0|-?[1-9][0-9]{0,37})(?= |\Z)|(-?[0-9]{1,8}\.[0-9]{1,7})(?= |\Z)"
    r'|([^ "]++)|"([^"]*+)")'
).findall
_OWN = " gma."


class _LookedAt(Event):
    """An event of a plain line. A copy of one is an L{Event} as any other."""

    __slots__ = ("_found",)

    _found: re.Match[str]

    def __reduce__(self) -> Any:
        return _plain, (self.name, self.timestamp, self.id, self.sequence, self.items)


class LineEvent(_LookedAt):
    """
    The same as long as it has not been asked for its fields: it keeps the line instead.

    Of most events that are read, many readers want no more than the name.
    """

    # So that it can become one of its base, of which no access is slower for a __getattr__.
    __slots__ = ()

    def __init__(self, found: re.Match[str]) -> None:
        """
        @param found: what L{matchPlain} finds
        @raise ParameterError: there is no such time
        """
        _wholeOf(found[1])
        self.name = found[3]
        self.id = self.sequence = None
        self._found = found
        if _OWN in found.string:
            values = _valuesOf(found[4])
            self.id, self.sequence = takeNumbers(values)
            self.items = itemsOf(values, EventField.unchecked)

    def __getattr__(self, name: str) -> Any:
        # Python asks here for what a slot is still empty of.
        if name == "timestamp":
            whole, fraction = _wholeOf(self._found[1]), self._found[2].ljust(9, "0")
            self.timestamp = Timestamp(whole + int(fraction))
            return self.timestamp
        if name == "items":
            self.items = _itemsOf(self._found[4])
            # A time that was set meanwhile stays.
            self.timestamp = self.timestamp
            self.__class__ = _LookedAt  # type: ignore[assignment]
            del self._found
            return self.items
        raise AttributeError(f"an event has no {name}")


@lru_cache(maxsize=1024)
def _wholeOf(second: str) -> int:
    return Timestamp.parse(second).nanoseconds


def _itemsOf(pairs: str) -> list[Any]:
    values = _valuesOf(pairs)
    if UNITS in pairs:
        return itemsOf(values, EventField.unchecked)
    make = EventField.unchecked
    return [make(path, value) for path, value in values.items()]


def _valuesOf(pairs: str) -> dict[str, str | int | float]:
    return {
        name: int(whole) if whole else float(fixed) if fixed else numberOf(bare) if bare else quoted
        for name, whole, fixed, bare, quoted in _PAIR(pairs)
    }


def _plain(
    name: str, timestamp: Timestamp, id: str | None, sequence: int | None, items: list[Any]
) -> Event:
    made = Event(name, timestamp, id, sequence)
    made.items = items
    return made
