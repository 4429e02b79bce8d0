"""The plan of a node that runs, made anew without holding its reactor."""

import importlib
import os
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol

import attrs

from gma_twisted.configuration import Draft
from gma_twisted.nodes.filesread import FilesRead, readFiles
from gma_twisted.nodes.inspecting import Inspector
from gma_twisted.nodes.installing import Known
from gma_twisted.nodes.kind import NodeKind
from gma_twisted.nodes.options import NodeOptions
from gma_twisted.nodes.plan import Plan, makePlan
from gma_twisted.nodes.providerfiles import GradualClasses
from gma_twisted.processes import ProviderRuntime
from gma_twisted.timing import Turns

__all__ = ["Read", "Reread", "Rereading"]


@attrs.frozen(slots=True, eq=False)
class Read:
    """
    What was read in the thread.

    @ivar toml: the TOML file, with what the command line says instead
    @ivar beside: what is in the provider file of GT3
    @ivar files: what is in the files the TOML file names
    @ivar draft: the TOML file, with what the provider file says as far as its classes are loaded
    """

    toml: Draft
    beside: bytes
    files: FilesRead
    draft: Draft


class Reread(Protocol):
    """What a reloader asks for a plan."""

    def __call__(self, known: Known, turns: Turns) -> Awaitable[Plan]:
        """
        Make the plan anew, from files that may have changed.

        @param known: what runs and shall go on is not made again
        @param turns: of the reload
        @raise GMAError: the configuration cannot be used, L{Mistakes} when it could be read
        """


@attrs.define(slots=True, eq=False)
class Rereading:
    """
    Does what the start of a node did, in pieces.

    All files are read in a thread: that takes long, cannot be cut, and touches nothing else. Classes are imported, and
    objects made of them, in the reactor's own turns: both are others' code, which may use the reactor. Only one class
    keeps a turn longer than others, and of a section that is as it was nothing is made again. What the provider file of
    GT3 says depends on its classes: it is read again in the thread when those are imported.

    @ivar kind: of the node
    @ivar options: say where the files are
    @ivar runtime: for providers that ask for it
    @ivar inThread: calls something beside the reactor, and gives what it returns or raises
    @ivar last: the plan that was made last: at first the one the node was started with
    """

    kind: NodeKind
    options: NodeOptions
    runtime: ProviderRuntime
    inThread: Callable[[Callable[[], Read]], Awaitable[Read]]
    last: Plan

    async def __call__(self, known: Known, turns: Turns) -> Plan:
        """See L{Reread}."""
        # A module written a moment ago would not be found.
        importlib.invalidate_caches()
        classes = GradualClasses()
        read = await self.inThread(partial(self._read, classes))
        searched = self.options.searched()
        while classes.missing:
            for _ in classes.load(searched):
                await turns.breathe()
            read = await self.inThread(partial(self._joined, read, classes))
        draft = read.draft
        inspector = Inspector.of(
            self.kind, draft, self.runtime, searched, known, self.last.remembered
        )
        for _ in inspector.steps():
            await turns.breathe()
        self.last = makePlan(
            self.kind, draft, self.runtime, os.environ, searched, inspector, read.files
        )
        return self.last

    def _read(self, classes: GradualClasses) -> Read:
        toml = self.options.read()
        files = readFiles(toml, self.runtime.clock.wallTime())
        return self._joined(Read(toml, self.options.beside(), files, toml), classes)

    def _joined(self, read: Read, classes: GradualClasses) -> Read:
        draft = self.options.joined(read.toml, read.beside, lambda: classes.known)
        # Looked for when it is first asked otherwise: in a turn of the reactor.
        _ = draft.source.places
        return attrs.evolve(read, draft=draft)
