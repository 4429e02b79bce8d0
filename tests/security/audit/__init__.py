"""Tests of the audit, and what they share."""

from collections.abc import Callable, Sequence
from pathlib import Path

from gma_twisted.model import Deed
from gma_twisted.security.audit.chain import deedFields
from gma_twisted.security.audit.chainfile import ChainFile

__all__ = ["TIME", "deed", "written"]

TIME = "2026-01-31T12:00:00Z"


def deed(
    result: str = "ok", peer: str = "192.0.2.1", mayBeDone: bool = True, identity: str = "bob"
) -> Deed:
    """A call."""
    operation = "{urn:x}renew"
    return Deed(identity, peer, operation, "/s", result, "c0ffee", mayBeDone=mayBeDone)


def written(
    path: Path,
    count: int,
    size: int = 10**6,
    keep: int = 100,
    write: Callable[[int, bytes], int] | None = None,
) -> Sequence[Path]:
    """
    Write so many lines as one life of a node does.

    @return: the files, the oldest first
    """
    chain = (
        ChainFile(str(path), size, keep)
        if write is None
        else ChainFile(str(path), size, keep, write)
    )
    for note in chain.open():
        raise AssertionError(note)
    for number in range(count):
        one = deed()
        one.target = f"http://h/services/{number}"
        chain.put(TIME, deedFields(one))
    chain.settling()()
    chain.close()
    older = sorted(
        (one for one in path.parent.iterdir() if one.name.rpartition(".")[2].isdigit()),
        key=lambda one: int(one.name.rpartition(".")[2]),
    )
    return [*older, path]
