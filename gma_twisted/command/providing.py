"""C{gma provider}: the providers of a node, and one alone."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

import click

from gma_twisted.client import Proxy
from gma_twisted.client.blocking import BlockingCaller, finished
from gma_twisted.command.asxml import asXML
from gma_twisted.command.calling import passCaller
from gma_twisted.command.output import Format, Table, formatOption, show
from gma_twisted.command.parameters import timeoutOption
from gma_twisted.command.place import NODE, Place
from gma_twisted.command.verbs import Verbs
from gma_twisted.errors import PeerError
from gma_twisted.soap.porttypes import PROVIDER_EXECUTION

__all__ = ["VERBS", "ls", "provider"]

VERBS: Mapping[str, str] = {
    "ls": "gma_twisted.command.providing:ls",
    "new": "gma_twisted.command.beginning:new",
    "run": "gma_twisted.command.trying:run",
}
"""By name: where each is."""

_SAID = ("state", "runs", "failures", "skips", "lastDuration", "nextRun", "lastError")


@click.group(cls=Verbs, verbs=VERBS)
def provider() -> None:
    """Write providers, try them, and see those of a node.

    Example: gma provider ls 127.0.0.1:8480
    """


@click.command()
@click.argument("node", type=NODE)
@formatOption()
@timeoutOption
@passCaller
def ls(caller: BlockingCaller, node: Place, format: Format, timeout: float) -> None:
    """The providers of NODE, and how they do.

    Example: gma provider ls 127.0.0.1:8480
    """
    service = Proxy([PROVIDER_EXECUTION], node.service(caller, timeout), caller, timeout)
    described = finished(service.enumProviders(False))
    states: Mapping[str, Mapping[str, object]] = {}
    # Another software's service has providers, and no such page.
    with suppress(PeerError):
        states = _states(node.status(caller, timeout).get("providers"))
    found = [
        {
            "name": one.name,
            "description": one.description,
            "implementation": one.implementation,
            "arguments": one.arguments,
            "async": one.isAsync,
            **{key: states.get(one.name, {}).get(key, "") for key in _SAID},
        }
        for one in described
    ]
    show(
        format,
        lambda: Table(
            ["PROVIDER", "STATE", "RUNS", "FAILURES", "CLASS", "ARGUMENTS", "LAST ERROR"],
            [_row(one) for one in found],
        ),
        lambda: found,
        lambda: asXML("providers", {"provider": found}),
    )


def _states(said: object) -> Mapping[str, Mapping[str, object]]:
    rows = said if isinstance(said, list) else []
    return {str(one.get("name")): one for one in rows if isinstance(one, dict)}


def _row(one: Mapping[str, object]) -> Sequence[str]:
    columns = ("name", "state", "runs", "failures", "implementation", "arguments", "lastError")
    return [str(one[key]) or "-" for key in columns]
