"""C{gma reload}: a node reads its configuration again."""

import json
from collections.abc import Mapping

import click

from gma_twisted.client.blocking import BlockingCaller
from gma_twisted.command.calling import passCaller
from gma_twisted.command.failures import Exit, Failure
from gma_twisted.command.output import safe, say
from gma_twisted.command.parameters import timeoutOption
from gma_twisted.command.place import NODE, Place
from gma_twisted.errors import PeerError
from gma_twisted.interfaces import Reply

__all__ = ["reload"]

_DONE, _BAD, _REFUSED, _MISSING, _BUSY, _PARTIAL = 200, 400, 403, 404, 409, 500
_LISTS = ("changed", "later", "failed", "mistakes")


@click.command()
@click.argument("node", type=NODE)
@timeoutOption
@passCaller
def reload(caller: BlockingCaller, node: Place, timeout: float) -> None:
    """Have NODE, on this machine, read its configuration again.

    Prints what was changed. A configuration with mistakes changes nothing: they are told, and the
    exit status is 1. It is 5 when something could not be applied.

    Example: gma reload 127.0.0.1:8480
    """
    url = f"{node.base}/-/reload"
    reply = caller.post(url, timeout)
    if reply.status in (_REFUSED, _MISSING):
        words = reply.body.decode("utf-8", "replace").strip() if reply.status == _REFUSED else ""
        raise PeerError(
            f"{url} answered with HTTP status {reply.status}: {words or 'is it a node?'}"
        )
    said = _read(reply, url)
    for line in said["changed"]:
        click.echo(safe(line))
    for key in said["later"]:
        say(f"{key}: takes effect when the node is started again")
    for line in (*said["failed"], *said["mistakes"]):
        say(line)
    if reply.status == _BUSY:
        raise Failure("nothing was read", Exit.FAULT)
    if said["mistakes"]:
        raise Failure("the configuration is not used, and nothing was changed", Exit.NO)
    if said["failed"]:
        raise Failure("a part could not be applied", Exit.PARTIAL)
    if not said["changed"]:
        say("nothing was changed")


def _read(reply: Reply, url: str) -> Mapping[str, list[str]]:
    """The lists of the answer; those it does not have are empty."""
    try:
        said = json.loads(reply.body)
        known = reply.status in (_DONE, _BAD, _BUSY, _PARTIAL) and isinstance(said, dict)
        lists = {name: said.get(name, []) for name in _LISTS} if known else {}
    except (ValueError, RecursionError):
        lists = {}
    if not lists or not all(isinstance(one, list) for one in lists.values()):
        raise PeerError(f"{url} answered with HTTP status {reply.status}, and no word of a reload")
    return {name: [str(line) for line in one] for name, one in lists.items()}
