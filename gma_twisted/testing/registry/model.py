"""A registry as a plain dict: the model a store is compared with. Slow, short, and obviously right."""

import math
from collections.abc import Iterable, Sequence
from random import Random

import attrs

from gma_twisted.errors import ParameterError, ServiceAlreadyExists
from gma_twisted.model import (
    End,
    Ended,
    Handle,
    Keep,
    Kept,
    KnownMember,
    Locator,
    QName,
    Registration,
    RegistryChange,
    RegistryCommand,
    Renew,
    Renewed,
    Replace,
    Updated,
)

__all__ = [
    "CONSUMER",
    "PRODUCER",
    "RegistryModel",
    "makeRegistration",
    "randomCommands",
    "randomRow",
]

SERVICE, PRODUCER, CONSUMER = (
    QName("urn:p", name) for name in ("GridService", "Producer", "Consumer")
)
HANDLES = ("http://a/", "http://b/", "http://c/")
_OWNERS = ("ann", "bob")
_SPANS = (-1.0, 0.0, 0.5, 1.0, 3.0, math.inf)


def makeRegistration(
    entry: str = "e1",
    handle: str = "http://a/",
    owner: str = "ann",
    content: bytes = b"<c/>",
    until: float = math.inf,
    since: float = 0.0,
    interface: QName = SERVICE,
) -> Registration:
    """A small registration."""
    member = Locator((Handle(handle), Handle("http://other/")), (interface,))
    return Registration(entry, member, "name", (("site", "x"),), content, owner, since, until)


@attrs.define(eq=False)
class RegistryModel:
    """
    What a registry holds and what happened to each entry, after every commit and at every instant.

    @ivar rows: by id, in the order they came
    @ivar history: by id, what observers hear
    """

    rows: dict[str, Registration] = attrs.field(factory=dict)
    history: dict[str, list[RegistryChange]] = attrs.field(factory=dict)

    def expire(self, now: float) -> None:
        """Let go of what is gone."""
        for row in list(self.rows.values()):
            if row.isGone(now):
                del self.rows[row.entry]
                self._happened(Ended(row, expired=True))

    def commit(
        self, commands: Iterable[RegistryCommand], now: float
    ) -> Sequence[Registration | None] | str:
        """
        Do all commands or none.

        @return: the row there is after each, or the code of the error, and nothing is done
        """
        self.expire(now)
        working = dict(self.rows)
        rows: list[Registration | None] = []
        for command in commands:
            live = {row.entry: row for row in working.values() if not row.isGone(now)}
            if isinstance(command, Keep):
                kept = _kept(command, live)
                if isinstance(kept, str):
                    return kept
                if kept.entry not in live:
                    working.pop(kept.entry, None)
                working[kept.entry] = kept
                rows.append(kept)
                continue
            if isinstance(command, Replace):
                replaced = _replaced(command.row, live)
                if isinstance(replaced, str):
                    return replaced
                if replaced is not None:
                    working[replaced.entry] = replaced
                rows.append(replaced)
                continue
            row = live.get(command.entry)
            if row is not None and isinstance(command, Renew):
                row = working[row.entry] = attrs.evolve(row, until=command.until)
            elif row is not None:
                del working[row.entry]
            rows.append(row)
        self._become(working, now)
        return rows

    def reset(self, rows: Iterable[Registration], now: float) -> None:
        """Have these rows only."""
        self.expire(now)
        self._become({row.entry: row for row in rows}, now)

    def _become(self, working: dict[str, Registration], now: float) -> None:
        for entry in list(dict.fromkeys([*working, *self.rows])):
            before, after = self.rows.get(entry), working.get(entry)
            gone = after is not None and after.isGone(now)
            if after is None or gone:
                if before is not None:
                    del self.rows[entry]
                    self._happened(Ended(before, expired=gone))
            elif before is None:
                self.rows[entry] = after
                self._happened(Kept(after))
            elif after != before:
                if (after.handle, after.owner) != (before.handle, before.owner):
                    del self.rows[entry]
                self.rows[entry] = after
                renewed = attrs.evolve(before, until=after.until) == after
                self._happened(Renewed(after, before.until) if renewed else Updated(after, before))

    def _happened(self, change: RegistryChange) -> None:
        self.history.setdefault(change.row.entry, []).append(change)


def _kept(command: Keep, live: dict[str, Registration]) -> Registration | str:
    row = command.row
    alike = [r for r in live.values() if (r.handle, r.owner) == (row.handle, row.owner)]
    if command.interface is not None:
        alike = [r for r in alike if command.interface in r.interfaces]
    known = alike[0] if alike and command.known is not KnownMember.ADD else None
    if known is not None and command.known is KnownMember.REFUSE:
        return ServiceAlreadyExists.code
    if row.entry in live and (known is None or known.entry != row.entry):
        return ParameterError.code
    if known is None:
        return row
    return attrs.evolve(row, entry=known.entry, since=known.since)


def _replaced(row: Registration, live: dict[str, Registration]) -> Registration | str | None:
    present = live.get(row.entry)
    if present is None:
        return None
    if (present.handle, present.owner) != (row.handle, row.owner):
        return ParameterError.code
    return attrs.evolve(row, since=present.since)


def randomCommands(random: Random, model: RegistryModel, now: float) -> list[RegistryCommand]:
    """A commit of one to four commands about few members, so that they meet often."""
    return [_randomCommand(random, model, now) for _ in range(random.randint(1, 4))]


def _randomCommand(random: Random, model: RegistryModel, now: float) -> RegistryCommand:
    kind = random.randrange(9)
    if kind <= 3:
        known = random.choice((KnownMember.RENEW, KnownMember.RENEW, *KnownMember))
        interface = random.choice((None, None, PRODUCER, CONSUMER))
        return Keep(randomRow(random, model, now), known, interface)
    if kind == 8:
        row = randomRow(random, model, now)
        present = model.rows.get(_randomId(random, model), row)
        # Mostly of an entry there is, now and then with another's handle.
        handle = present.member if random.random() < 0.9 else row.member
        return Replace(attrs.evolve(row, entry=present.entry, owner=present.owner, member=handle))
    entry = _randomId(random, model)
    if kind <= 5:
        return Renew(entry, now + random.choice(_SPANS))
    return End(entry)


def randomRow(random: Random, model: RegistryModel, now: float) -> Registration:
    """A row of one of few members, now and then under an id that was used before."""
    used = random.random() < 0.15
    entry = _randomId(random, model) if used else f"e{random.randrange(10**9)}"
    return makeRegistration(
        entry,
        random.choice(HANDLES),
        random.choice(_OWNERS),
        random.choice((b"<c/>", b"<d/>")),
        now + random.choice(_SPANS),
        now,
        random.choice((SERVICE, PRODUCER, CONSUMER)),
    )


def _randomId(random: Random, model: RegistryModel) -> str:
    return random.choice(("unknown", *list(model.history)[-8:]))
