"""C{[republish]}: what a republisher changes of the events that it hands on."""

from collections.abc import Iterator, Mapping

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.globs import GLOB
from gma_twisted.configuration.kinds import TABLE
from gma_twisted.errors import GMAError
from gma_twisted.model.event import Event, EventField

__all__ = ["RepublishSection"]

_MOST = 64


@attrs.frozen(slots=True)
class RepublishSection:
    """C{[republish]}: other names of events, and fields that each of them is given."""

    prefix: str | None = key(
        GLOB, "what is put before the name of every event, `cern.`", shown="none"
    )
    rename: Mapping[str, object] | None = key(
        TABLE,
        "other names of events, before `prefix`: `{ Load = 'host.load' }`",
        shown="none",
    )
    const: Mapping[str, object] | None = key(
        TABLE,
        "fields every event is given, `{ site = 'cern' }`, instead of its own of that name",
        shown="none",
    )

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong between the keys. @return: a key, a message and a cure"""
        if self.prefix is not None and ("*" in self.prefix or "?" in self.prefix):
            yield "prefix", "a name of events has no * and no ?", 'write "cern.", for example'
        cure = "write { 'Load' = 'host.load' }, for example"
        for old, new in (self.rename or {}).items():
            why = _wrongName(new)
            if why:
                yield "rename", f'"{old}": {why}', cure
        cure = "write { site = 'cern' }, for example"
        for name, value in (self.const or {}).items():
            if not isinstance(value, str | bool | int | float):
                yield "const", f'the value of "{name}" is no text, number, true or false', cure
                continue
            try:
                EventField(name, value)
            except GMAError as error:
                yield "const", error.what, error.cure or cure
        for what, table in (("rename", self.rename), ("const", self.const)):
            if len(table or {}) > _MOST:
                yield what, f"{len(table or {})} are more than {_MOST}", "leave some out"


def _wrongName(name: object) -> str:
    if not isinstance(name, str) or not name:
        return "the other name is no text, or empty"
    try:
        Event(name, 0)
    except GMAError as error:
        return error.what
    return ""
