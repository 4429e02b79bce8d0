"""The audit of a node in a file: every line is written before the call it is about is answered."""

from collections.abc import Awaitable, Callable, Mapping

import attrs
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from zope.interface import implementer

from gma_twisted.errors import Busy
from gma_twisted.interfaces import IAudit
from gma_twisted.markup.xsd import writeDateTime
from gma_twisted.model import Deed
from gma_twisted.model.caller import ANONYMOUS
from gma_twisted.model.deed import DONE
from gma_twisted.security.audit.chain import Note, deedFields, noteFields
from gma_twisted.security.audit.chainfile import ChainFile
from gma_twisted.security.audit.refusals import Refusals
from gma_twisted.timing import NodeClock, Task, spawn

__all__ = ["FileAudit"]

log = Logger()

_PENDING = 1024 * 1024
_SPAN = 60.0
_AGAIN = 1.0
# Of each file, for the refused calls of known callers, and for those of the others.
_SHARE = 4
# More bytes than a line has beside its fields.
_SEAL = 240


@implementer(IAudit)
@attrs.define(slots=True, eq=False)
class FileAudit:
    """
    A L{ChainFile} that every write is told to.

    A line is written with one call of the system, at once: that takes a microsecond or two, and the answer is only then
    made. So whoever was answered has a line, whatever kills the process; the disk has it C{sync} seconds later at most,
    and as long as it takes to bring it there, which happens in a thread.

    While it cannot be written it is tried again every second, lines that wait are kept up to a mebibyte, and nothing
    needs a restart.

    @ivar chain: writes
    @ivar clock: the node's
    @ivar run: runs what blocks, one job after the other
    @ivar stopRunning: ends that, when all is done
    @ivar sync: seconds
    @ivar refuses: whether writes are refused while they cannot be written down; else they are done, and counted
    @ivar refusals: says which refused calls of callers nobody knows are written down
    @ivar known: says it of those whose identity is known: nobody else can have these left out
    """

    chain: ChainFile
    clock: NodeClock
    run: Callable[[Callable[[], bool]], Awaitable[bool]]
    stopRunning: Callable[[], Awaitable[None]]
    sync: float = 1.0
    refuses: bool = True
    refusals: Refusals = attrs.field()
    known: Refusals = attrs.field()
    _failing: str = attrs.field(default="", init=False)
    _isUnsettled: bool = attrs.field(default=False, init=False)
    _begun: int = attrs.field(default=0, init=False)
    _unwritten: int = attrs.field(default=0, init=False)
    _settleCall: IDelayedCall | None = attrs.field(default=None, init=False, repr=False)
    _spanCall: IDelayedCall | None = attrs.field(default=None, init=False, repr=False)
    _settling: Task | None = attrs.field(default=None, init=False, repr=False)
    _counts: dict[str, int] = attrs.field(init=False, repr=False)

    @refusals.default
    def _ofStrangers(self) -> Refusals:
        return Refusals(room=self.chain.size // _SHARE)

    @known.default
    def _ofKnown(self) -> Refusals:
        return Refusals(room=self.chain.size // _SHARE, areKnown=True)

    @_counts.default
    def _nothing(self) -> dict[str, int]:
        return dict.fromkeys(("lines", "left_out", "unwritten", "refused", "failures"), 0)

    # -- IAudit

    def admit(self) -> None:
        """See L{IAudit.admit}."""
        if self._failing and self.refuses:
            self._counts["refused"] += 1
            raise Busy(
                "nothing is written while the node cannot write its audit; the node's log says why"
            )

    def record(self, deed: Deed) -> None:
        """See L{IAudit.record}; of refused calls some are left out, see L{Refusals}."""
        if not deed.mayBeDone:
            self._recordRefusal(deed)
            return
        self._put(deedFields(deed), True)
        if self._failing and deed.result in DONE and self.refuses:
            raise Busy(
                "it was done, but could not be written to the node's audit; the node's log says why"
            )

    def counts(self) -> Mapping[str, int]:
        """See L{IAudit.counts}."""
        return {**self._counts, "failing": int(bool(self._failing))}

    # -- the life of it

    async def start(self) -> None:
        """
        Go on with the chain.

        @raise ConfigError: the file cannot be used
        """
        notes = self.chain.open()
        self._begun = self.chain.begun
        self._failing = ""
        for note in notes:
            self._say(note)

    async def stop(self) -> None:
        """Bring everything to the disk, and close it; nothing is done when it was never begun."""
        if not self.chain.isOpen:
            return
        self._endSpan()
        self._turn()
        self._endCall()
        if self._settling is not None:
            await self._settling.wait()
        try:
            self._flush()
            await self._settle()
        finally:
            self._endCall()
            self.chain.close()
            await self.stopRunning()

    # -- lines

    def _recordRefusal(self, deed: Deed) -> None:
        isKnown = deed.identity not in ("", ANONYMOUS)
        refusals = self.known if isKnown else self.refusals
        if self._spanCall is None:
            self._spanCall = self.clock.callLater(_SPAN, self._spanEnds)
        if self._begun != self.chain.begun:
            self._turn()
        if refusals.admit(deed.identity if isKnown else deed.peer):
            self._putOf(refusals, deedFields(deed))
        else:
            self._counts["left_out"] += 1

    def _turn(self) -> None:
        self._begun = self.chain.begun
        for refusals in (self.refusals, self.known):
            for note in refusals.turn():
                self._putOf(refusals, noteFields(note))

    def _putOf(self, refusals: Refusals, fields: str) -> None:
        refusals.take(len(fields) + _SEAL)
        self._put(fields, False)

    def _spanEnds(self) -> None:
        self._spanCall = None
        self._endSpan()

    def _endSpan(self) -> None:
        if self._spanCall is not None:
            self._spanCall.cancel()
            self._spanCall = None
        for refusals in (self.refusals, self.known):
            for note in refusals.end():
                self._putOf(refusals, noteFields(note))

    def _say(self, note: Note) -> None:
        log.critical("the audit {path}: {said}", path=self.chain.path, said=note.said)
        self._put(noteFields(note), False)

    def _put(self, fields: str, isNeeded: bool) -> None:
        if self._failing and self.chain.pending >= _PENDING:
            self._lose(isNeeded)
            return
        counts = self._counts
        counts["lines"] += 1
        try:
            self.chain.put(writeDateTime(self.clock.wallTime()), fields)
        except OSError as error:
            self._fail(error)
        if self._settleCall is None and self._settling is None:
            self._settleCall = self.clock.callLater(self.sync, self._settleSoon)

    def _lose(self, isNeeded: bool) -> None:
        if isNeeded:
            self._unwritten += 1
            self._counts["unwritten"] += 1

    # -- failures

    def _fail(self, error: OSError) -> None:
        if not self._failing:
            self._counts["failures"] += 1
            log.critical(
                "the audit {path} cannot be written: {why}; {what}",
                path=self.chain.path,
                why=error.strerror,
                what="writes are refused"
                if self.refuses
                else "writes are done, and what does not fit into memory is not written down",
            )
        self._failing = error.strerror or str(error)

    def _flush(self) -> None:
        try:
            self.chain.flush()
        except OSError as error:
            self._fail(error)
        else:
            if not self._isUnsettled:
                self._recover()

    def _recover(self) -> None:
        if self._failing:
            self._failing = ""
            log.info("the audit {path} is written again", path=self.chain.path)
        if self._unwritten:
            count, self._unwritten = self._unwritten, 0
            said = f"{count} calls that were or may have been done were not written down"
            self._say(Note("unwritten", said, count=count))

    # -- the disk

    def _endCall(self) -> None:
        if self._settleCall is not None:
            self._settleCall.cancel()
            self._settleCall = None

    def _settleSoon(self) -> None:
        self._settleCall = None
        if self._failing:
            self._flush()
        task = spawn(self._settle(), "bringing the audit to the disk", self._settled)
        if not task.ended:
            self._settling = task

    def _settled(self, task: Task) -> None:
        self._settling = None

    async def _settle(self) -> None:
        job = self.chain.settling()
        before = self.chain.sequence
        try:
            isThere = await self.run(job)
        except OSError as error:
            self._isUnsettled = True
            self._fail(error)
        else:
            self._isUnsettled = False
            if not isThere:
                self._begin()
            elif not self.chain.pending:
                self._recover()
        if self._settleCall is None and (self._failing or self.chain.sequence > before):
            wait = max(self.sync, _AGAIN) if self._failing else self.sync
            self._settleCall = self.clock.callLater(wait, self._settleSoon)

    def _begin(self) -> None:
        """The file was removed, moved or cut by somebody: say so, in a file that is there."""
        self._counts["failures"] += 1
        try:
            self.chain.reopen()
        except OSError as error:
            self._fail(error)
        said = "the file was removed, moved or cut while it was written"
        self._say(Note("gone", said, count=1))
