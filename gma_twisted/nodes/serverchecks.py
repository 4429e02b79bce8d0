"""Whether a class of the operator's is a server of one of the GMA's roles."""

from collections.abc import Callable, Mapping
from typing import Any

from gma_twisted.errors import ConfigError, cut
from gma_twisted.execution.verify import dotted
from gma_twisted.roles.consumer import ConsumerServer
from gma_twisted.roles.producer import ProducerServer
from gma_twisted.roles.registry import RegistryServer

__all__ = ["SERVERS", "SERVER_CHECKS"]

SERVERS: Mapping[str, type] = {
    "producer": ProducerServer,
    "consumer": ConsumerServer,
    "directory": RegistryServer,
}
"""What a class is one of, by the section that names it."""


def _checking(server: type) -> Callable[[Any, str, str], None]:
    def check(component: Any, where: str, dottedName: str = "") -> None:
        of = component if isinstance(component, type) else type(component)
        if not issubclass(of, server):
            shown = cut(dottedName or dotted(component))
            prefix = f"{where} " if where else ""
            raise ConfigError(
                f'{prefix}"{shown}" is no {server.__name__}',
                cure=f"derive the class from {server.__module__}.{server.__name__}",
            )

    return check


SERVER_CHECKS: Mapping[str, Callable[[Any, str, str], None]] = {
    section: _checking(server) for section, server in SERVERS.items()
}
"""Check a class, or an object, for a section: take it, where, and its dotted name. @raise ConfigError: it is none"""
