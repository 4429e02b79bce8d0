"""Whether what a sink was told can be what its sender promised (WIRE 3, delivery; RELIABILITY P7 and P8).

Within an epoch: every notice, in order, a gap only where it is announced; the same notice again only as it was. A later
sender begins a higher epoch, with everything there is. When nothing changes any more, every value is at its last state.
"""

import enum
from collections.abc import Collection, Iterable, Mapping, Sequence

import attrs

__all__ = ["History", "Notice", "Token", "Wrong", "WrongKind"]

Token = tuple[int, int]
"""What a value says: the epoch of its sender, and a number that grows with every change the sender makes."""


@attrs.frozen(slots=True)
class Notice:
    """
    A notice as it was read at a sink.

    @ivar subscription: whose it is
    @ivar put: the values in it, by key
    @ivar extend: keys of those that only hold for another time
    @ivar remove: keys of those that are gone
    @ivar isWhole: whether C{put} is all there is
    @ivar isSnapshot: whether it is a part of everything there is
    @ivar isSnapshotEnd: whether it is the last one of these
    @ivar content: stands for every byte of it but those that say when it was sent
    """

    subscription: str
    epoch: int
    sequence: int
    put: Mapping[str, Token] = attrs.field(factory=dict)
    extend: Sequence[str] = ()
    remove: Sequence[str] = ()
    isWhole: bool = False
    isSnapshot: bool = False
    isSnapshotEnd: bool = False
    dropped: int = 0
    content: bytes = b""


class WrongKind(enum.Enum):
    """What can be wrong."""

    MISSED = "missed"
    """A notice was left out, or a value in one, and nothing said so."""

    REORDERED = "reordered"
    """An earlier notice, or an earlier state of a value, after a later one."""

    CHANGED = "changed"
    """The same notice again, and not the same."""

    EPOCH = "epoch"
    """A sender without a higher epoch than the one before, or with a second one."""

    UNBEGUN = "unbegun"
    """An epoch that does not begin with everything there is."""

    INVENTED = "invented"
    """A value of another epoch, or a notice of a subscription nobody made."""

    LOST = "lost"
    """Nothing changes any more, and what the sink was told last is not what is so."""


@attrs.frozen(slots=True)
class Wrong:
    """
    What cannot be explained.

    @ivar sentence: what was expected and what came
    """

    kind: WrongKind
    subscription: str
    sentence: str


@attrs.define(slots=True, eq=False)
class _Told:
    """What one subscription was told."""

    epoch: int = 0
    # Of the notice that was taken last, and of the last one that came.
    sequence: int = 0
    highest: int = 0
    # Of the present epoch, by sequence.
    contents: dict[int, bytes] = attrs.field(factory=dict)
    values: dict[str, Token] = attrs.field(factory=dict)
    # The least number a value may have.
    floors: dict[str, int] = attrs.field(factory=dict)
    # Told before the snapshot began that is under way; C{None} when none is.
    unsaid: set[str] | None = None
    isComplete: bool = False
    isNewSender: bool = True


@attrs.define(slots=True, eq=False)
class History:
    """
    What every subscription was told so far, and what was wrong on the way. After something wrong, what came counts.

    @ivar wrongs: in the order they were found
    @ivar epochs: how often a subscription heard of a new one
    @ivar taken: notices that were taken, each once
    @ivar whole: those of them that told all values of all names
    @ivar repeated: notices that had been taken and came again
    @ivar refused: notices that came and were not taken
    @ivar announced: gaps that were announced
    @ivar snapshots: how often everything there is began to be told
    """

    wrongs: list[Wrong] = attrs.field(factory=list, init=False)
    epochs: int = attrs.field(default=0, init=False)
    taken: int = attrs.field(default=0, init=False)
    whole: int = attrs.field(default=0, init=False)
    repeated: int = attrs.field(default=0, init=False)
    refused: int = attrs.field(default=0, init=False)
    announced: int = attrs.field(default=0, init=False)
    snapshots: int = attrs.field(default=0, init=False)
    _told: dict[str, _Told] = attrs.field(factory=dict, init=False, repr=False)

    def subscribed(self, subscription: str) -> None:
        """There is such a subscription."""
        self._told[subscription] = _Told()

    def began(self) -> None:
        """A sender began its life; nothing of the one before is still to come."""
        for told in self._told.values():
            told.isNewSender = True

    def kept(self, subscriptions: Collection[str]) -> None:
        """A sender knows these subscriptions: those it does not know are told nothing any more."""
        for id in sorted(self._told.keys() - set(subscriptions)):
            self.wrongs.append(Wrong(WrongKind.LOST, id, "its sender does not know it"))

    def came(self, notice: Notice, isTaken: bool) -> None:
        """
        A notice came.

        @param isTaken: whether the sink took it, whatever the sender learns of that
        """
        told = self._told.get(notice.subscription)
        if told is None:
            self._find(WrongKind.INVENTED, notice, "nobody subscribed so")
            return
        self._place(told, notice)
        if not isTaken:
            self.refused += 1
        elif notice.sequence <= told.sequence:
            self.repeated += 1
        else:
            self.taken += 1
            self.whole += notice.isWhole
            self._take(told, notice)

    def _place(self, told: _Told, notice: Notice) -> None:
        if notice.epoch != told.epoch:
            if not told.isNewSender or notice.epoch < told.epoch:
                self._find(WrongKind.EPOCH, notice, f"epoch {told.epoch} was the last")
            self.epochs += 1
            told.epoch, told.sequence, told.highest = notice.epoch, 0, 0
            told.contents.clear()
            told.floors.clear()
        elif told.isNewSender:
            self._find(WrongKind.EPOCH, notice, "the sender before had the same epoch")
        told.isNewSender = False
        if notice.sequence < told.highest:
            self._find(WrongKind.REORDERED, notice, f"{told.highest} came before")
        told.highest = max(told.highest, notice.sequence)
        if told.contents.setdefault(notice.sequence, notice.content) != notice.content:
            self._find(WrongKind.CHANGED, notice, "it came before with other content")

    def _take(self, told: _Told, notice: Notice) -> None:
        isFirst = told.sequence == 0
        isAnnounced = notice.dropped > 0
        if isAnnounced:
            self.announced += 1
            leftOut = notice.sequence - told.sequence - 1
            if leftOut > notice.dropped:
                self._find(
                    WrongKind.MISSED, notice, f"it owns up to less than the {leftOut} left out"
                )
        if notice.isSnapshot and (isAnnounced or (isFirst and notice.sequence == 1)):
            self.snapshots += 1
            told.unsaid = set(told.values)
            told.isComplete = False
        elif isFirst:
            self._find(WrongKind.UNBEGUN, notice, "it begins the epoch")
        elif isAnnounced:
            told.isComplete = False
        elif notice.sequence != told.sequence + 1:
            self._find(WrongKind.MISSED, notice, f"{told.sequence} was taken last")
        told.sequence = notice.sequence
        self._apply(told, notice)

    def _apply(self, told: _Told, notice: Notice) -> None:
        for key, (epoch, number) in notice.put.items():
            if epoch != notice.epoch:
                self._find(WrongKind.INVENTED, notice, f"{key} is of epoch {epoch}")
            elif number < told.floors.get(key, 0):
                self._find(WrongKind.REORDERED, notice, f"{key} was {told.floors[key]} before")
            told.values[key] = epoch, number
            told.floors[key] = number
            if told.unsaid is not None:
                told.unsaid.discard(key)
        for key in notice.extend:
            if key not in told.values and told.isComplete:
                self._find(WrongKind.MISSED, notice, f"it extends {key}, which never came")
        self._remove(told, notice.epoch, notice.remove)
        if notice.isWhole:
            self._remove(told, notice.epoch, told.values.keys() - notice.put.keys())
        elif notice.isSnapshotEnd and told.unsaid is not None:
            self._remove(told, notice.epoch, told.unsaid)
        if notice.isWhole or notice.isSnapshotEnd:
            told.unsaid = None
            told.isComplete = True

    def _remove(self, told: _Told, epoch: int, keys: Iterable[str]) -> None:
        for key in keys:
            was = told.values.pop(key, None)
            if was is not None and was[0] == epoch:
                # What comes under this key now is a later value.
                told.floors[key] = was[1] + 1

    def difference(self, subscription: str, epoch: int, values: Mapping[str, int]) -> str:
        """
        What a subscription has still to be told; empty when there is nothing.

        @param epoch: of the sender
        @param values: the numbers of all there is, by key
        """
        told = self._told[subscription]
        if told.epoch != epoch:
            return f"told of epoch {told.epoch}, not {epoch}"
        if not told.isComplete:
            return "not told everything there is"
        last = {key: (epoch, number) for key, number in values.items()}
        for key in sorted(last.keys() | told.values.keys()):
            if last.get(key) != told.values.get(key):
                return f"{key} is {last.get(key)}, and was told as {told.values.get(key)}"
        return ""

    def settled(self, subscription: str, epoch: int, values: Mapping[str, int]) -> None:
        """Nothing has changed for so long that everything must have been told. Parameters as L{difference}."""
        if difference := self.difference(subscription, epoch, values):
            self.wrongs.append(Wrong(WrongKind.LOST, subscription, difference))

    def _find(self, kind: WrongKind, notice: Notice, sentence: str) -> None:
        what = f"notice {notice.sequence} of epoch {notice.epoch}: {sentence}"
        self.wrongs.append(Wrong(kind, notice.subscription, what))
