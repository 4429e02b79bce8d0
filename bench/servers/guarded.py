"""The node's Gate with everything that guards it, open to everybody or by rules, and an audit in a file."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.guarding import CALLERS, tokenOf
from bench.servers.gate import listenAsNode, publishIndex
from bench.workload import PATH
from gma_twisted.interfaces import IIdentify, IPolicy
from gma_twisted.markup import DEFAULT_LIMITS
from gma_twisted.model import Access, Whose
from gma_twisted.security import (
    AUDIT_FILE,
    AccessPolicy,
    AccessRule,
    AllowAll,
    Anonymous,
    Attempts,
    ChainFile,
    FileAudit,
    Identities,
    Known,
    Nonces,
    tokenDigest,
)
from gma_twisted.stores.journal import WriterThread
from gma_twisted.timing import NodeClock, installBootClock
from gma_twisted.timing.bridge import toDeferred
from gma_twisted.transport import Exchange

__all__ = ["RULES", "knownCallers", "serveOpen", "serveRules", "serveToken"]

RULES = (
    AccessRule("pages", ["anonymous", "*"], [Access.READ], ["/status", "/metrics"]),
    AccessRule("sites", ["*"], [Access.REGISTER, Access.SUBSCRIBE], [PATH]),
    AccessRule("operators", ["@operators"], list(Access), whose=Whose.ANY),
    AccessRule("feeding", ["@feeders"], ["deliverNotification", Access.WRITE], ["/services/*"]),
    AccessRule("readers", ["anonymous", "*"], [Access.READ], ["/services/*"]),
)
"""As a site writes them: who reads, who registers, and who does everything."""

_GROUPS = {"caller-0": ["operators"], "caller-1": ["feeders"]}
_AUDIT_SIZE = 64 * 1024 * 1024


def knownCallers() -> Iterator[Known]:
    """All of them, by token."""
    for caller in range(CALLERS):
        yield Known(f"caller-{caller}", [tokenDigest(tokenOf(caller))])


async def serveOpen(reactor: Any, directory: Path) -> int:
    """
    Everybody may do everything, and nobody is asked who it is.

    @param directory: the audit has one of its own there, gone at the end
    @return: the port
    """
    clock = _newClock(reactor)
    return await _serve(reactor, directory / "gate-open", clock, AllowAll(), Anonymous())


async def serveRules(reactor: Any, directory: Path) -> int:
    """
    By L{RULES}, with L{knownCallers}; who shows nothing may read.

    @param directory: as for L{serveOpen}
    @return: the port
    """
    return await _byRules(reactor, directory / "gate-rules")


async def serveToken(reactor: Any, directory: Path) -> int:
    """The same in a place of its own: what differs is what its callers show. @return: the port"""
    return await _byRules(reactor, directory / "gate-token")


async def _byRules(reactor: Any, place: Path) -> int:
    clock = _newClock(reactor)
    identities = Identities(knownCallers(), clock, Attempts(clock), Nonces(clock))
    return await _serve(reactor, place, clock, AccessPolicy(RULES, _GROUPS), identities)


def _newClock(reactor: Any) -> NodeClock:
    installBootClock(reactor)
    return NodeClock(reactor)


async def _serve(
    reactor: Any, place: Path, clock: NodeClock, policy: IPolicy, identify: IIdentify
) -> int:
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    thread = WriterThread(reactor.callFromThread, "audit")
    chain = ChainFile(str(place / AUDIT_FILE), _AUDIT_SIZE, 2)
    audit = FileAudit(chain, clock, thread.run, thread.stop)
    await audit.start()

    async def end() -> None:
        await audit.stop()
        shutil.rmtree(place)

    reactor.addSystemEventTrigger("before", "shutdown", lambda: toDeferred(end()))
    exchange = Exchange(clock, policy, identify, audit, DEFAULT_LIMITS)
    publishIndex(reactor, clock, exchange)
    return await listenAsNode(reactor, clock, exchange)
