"""C{gma register} and C{gma unregister}: who is in a registry."""

from collections.abc import Sequence
from urllib.parse import urlsplit

import click

from gma_twisted.client import Proxy
from gma_twisted.client.blocking import BlockingCaller, finished
from gma_twisted.client.membership import Membership, Seat, takeSeat, withdraw
from gma_twisted.command.asxml import asXML
from gma_twisted.command.calling import passCaller
from gma_twisted.command.names import QNAME, SELECTION
from gma_twisted.command.output import Format, Table, formatOption, show
from gma_twisted.command.parameters import DURATION, HANDLE, PAIR, timeoutOption
from gma_twisted.command.place import NODE, Place
from gma_twisted.model import Handle, QName
from gma_twisted.soap.porttypes import GRID_SERVICE

__all__ = ["register", "unregister"]


@click.command()
@click.argument("node", type=NODE)
@click.argument("handle", type=HANDLE)
@click.option("--name", default="", help="What the service calls itself.")
@click.option("--interface", "interfaces", type=QNAME, multiple=True, help="A port type it has.")
@click.option("--attribute", "attributes", type=PAIR, multiple=True, help="What it says of itself.")
@click.option(
    "--content-names",
    "names",
    type=SELECTION,
    multiple=True,
    help="Service data of it that a registry which is an index shall copy.",
)
@click.option("--lifetime", type=DURATION, default="5m", show_default=True, help="How long.")
@click.option("--keep", "isKept", is_flag=True, help="Renew until Ctrl-C, then unregister.")
@formatOption()
@timeoutOption
@passCaller
def register(
    caller: BlockingCaller,
    node: Place,
    handle: Handle,
    name: str,
    interfaces: Sequence[QName],
    attributes: Sequence[tuple[str, str]],
    names: Sequence[QName],
    lifetime: float,
    isKept: bool,
    format: Format,
    timeout: float,
) -> None:
    """Register the service HANDLE at the registry NODE.

    Who is registered already is renewed.

    Example: gma register 127.0.0.1:8480 http://site:8480/services/index
    """
    registry = node.service(caller, timeout)
    membership = Membership(registry, handle, interfaces, name, attributes, lifetime, names)

    def take() -> tuple[Seat, float]:
        return finished(takeSeat(membership, caller, caller.wallTime, timeout))

    seat, granted = take()
    told = {"entry": seat.entry.url, "lifetime": granted}

    def tell() -> None:
        show(
            format,
            lambda: Table(["ENTRY", "GRANTED"], [[seat.entry.url, f"{granted:g} s"]]),
            lambda: told,
            lambda: asXML("registered", told),
        )

    if isKept:
        # Here, because it brings Twisted by the room of timing.
        from gma_twisted.command.keeping import keep  # noqa: PLC0415

        keep(caller, seat, granted, take, tell)
    else:
        tell()


@click.command()
@click.argument("node", type=NODE)
@click.argument("handle", type=HANDLE)
@timeoutOption
@passCaller
def unregister(caller: BlockingCaller, node: Place, handle: Handle, timeout: float) -> None:
    """Take the service HANDLE out of the registry NODE.

    HANDLE is the service's, or that of its entry, as gma register printed it.

    Example: gma unregister 127.0.0.1:8480 http://site:8480/services/index
    """
    registry = node.service(caller, timeout)
    entry = urlsplit(handle.url).path
    if entry.startswith(f"{registry.path}/entries/"):
        # At NODE, as everything else: the handle has the node's public URL, which may not be reachable from here.
        service = Proxy([GRID_SERVICE], Handle(node.base + entry), caller, timeout)
        finished(service.destroy())
    else:
        finished(withdraw(Membership(registry, handle), caller, timeout))
