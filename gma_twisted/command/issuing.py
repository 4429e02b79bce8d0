"""C{gma tls}: certificates for nodes and clients, of an authority of one's own."""

import re
import socket
import time
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path

import click

from gma_twisted.command.output import say
from gma_twisted.command.parameters import Parameter
from gma_twisted.command.verbs import Verbs
from gma_twisted.configuration import checkName
from gma_twisted.configuration.spelling import spell
from gma_twisted.errors import ParameterError
from gma_twisted.security.authority import AUTHORITY, Authority

__all__ = ["VERBS", "init", "revoke", "tls"]

VERBS: Mapping[str, str] = {
    "init": "gma_twisted.command.issuing:init",
    "revoke": "gma_twisted.command.issuing:revoke",
}
"""By name: where each is."""

_HOST = re.compile(
    r"(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
_LOCAL = "localhost"
_LOOPBACK = ("127.0.0.1", "::1")
_RESERVED = (AUTHORITY, "revoked")


def _readHosts(text: str) -> Sequence[str]:
    hosts = text.split(",")
    _readName(hosts[0])
    for one in hosts:
        if not (_isAddress(one) or _HOST.fullmatch(one)):
            raise ParameterError(f'"{one}" is neither a name nor an address')
    # Who calls this machine by its name may mean either address.
    more = _LOOPBACK if _LOCAL in hosts else ()
    return tuple(dict.fromkeys((*hosts, *more)))


def _readName(text: str) -> str:
    checkName(text)
    if text in _RESERVED:
        raise ParameterError(f'"{text}" is the name of the authority\'s own files')
    return text


def _isAddress(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


_HOSTS = Parameter("name[,name...]", _readHosts)
_NAME = Parameter("name", _readName)
_days = click.option(
    "--days",
    type=click.IntRange(1, 3650),
    default=365,
    show_default=True,
    help="How long it counts.",
)


@click.group(cls=Verbs, verbs=VERBS)
def tls() -> None:
    """Make certificates for nodes and clients.

    Example: gma tls init tls --host localhost
    """


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--host",
    "nodes",
    type=_HOSTS,
    multiple=True,
    help="A node, by its name, and the other names and addresses it is called by.",
)
@click.option("--client", "clients", type=_NAME, multiple=True, help="Who asks nodes.")
@click.option("--ca-only", "isAlone", is_flag=True, help="Only the authority itself.")
@_days
def init(
    directory: Path,
    nodes: Sequence[Sequence[str]],
    clients: Sequence[str],
    isAlone: bool,
    days: int,
) -> None:
    """Make an authority in DIR, and certificates for nodes and clients.

    An authority that is there issues the new ones; nothing is overwritten. Without --host and
    --client the node is this machine. The lines for the node's configuration are printed.

    Example: gma tls init tls --host site-a.example.org,10.0.0.5 --client alice
    """
    if isAlone and (nodes or clients):
        raise click.UsageError("--ca-only makes no certificates; leave --host and --client out")
    if not (isAlone or nodes or clients):
        nodes = [_readHosts(f"{socket.gethostname()},{_LOCAL}")]
    names = [*(one[0] for one in nodes), *clients]
    for name in names:
        if names.count(name) > 1:
            raise click.UsageError(f'"{name}" is there twice')
    authority = Authority(directory.absolute(), time.time())
    authority.checkFree(names)
    if isAlone or not authority.isThere:
        authority.begin()
        _tell(authority, AUTHORITY)
    for hosts in nodes:
        authority.issue(hosts[0], hosts, days)
        _tell(authority, hosts[0])
    for name in clients:
        authority.issue(name, (), days)
        _tell(authority, name)
    blocks = [
        *(_forNode(authority, hosts[0], len(nodes) > 1) for hosts in nodes),
        *(_forClient(authority, name) for name in clients),
    ]
    if blocks:
        click.echo("\n\n".join(blocks))


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.argument("name", type=_NAME)
@_days
def revoke(directory: Path, name: str, days: int) -> None:
    """Take back what the authority in DIR issued under NAME.

    Writes DIR/revoked.pem, the list that nodes read as revoked under [tls]; it has to be written
    again within --days, or nothing of the authority is believed any more. Naming a certificate
    that is on it already does that.

    Example: gma tls revoke tls alice
    """
    authority = Authority(directory.absolute(), time.time())
    authority.revoke(name, days)
    click.echo(f"revoked = {spell(str(authority.revoked))}")


def _tell(authority: Authority, name: str) -> None:
    for path in authority.files(name):
        say(f"made {path}")


def _forNode(authority: Authority, name: str, isNamed: bool) -> str:
    certificate, key = authority.files(name)
    head = f"# {name}\n" if isNamed else ""
    return head + "\n".join(
        (
            "[tls]",
            f"certificate = {spell(str(certificate))}",
            f"key = {spell(str(key))}",
            f"authorities = {spell(str(authority.certificate))}",
            'clients = "required"',
        )
    )


def _forClient(authority: Authority, name: str) -> str:
    certificate, key = authority.files(name)
    return f"# {name}\nexport GMA_CA='{authority.certificate}' GMA_CERT='{certificate}' GMA_KEY='{key}'"
