"""The C{gma} command: its verbs, each imported when it is called."""

import io
import sys

import click

import gma_twisted
from gma_twisted.command.trust import trustOptions
from gma_twisted.command.verbs import Verbs

__all__ = ["VERBS", "gma"]

VERBS = {
    "audit": "gma_twisted.command.auditing:audit",
    "backup": "gma_twisted.command.backing:backup",
    "check": "gma_twisted.command.probing:check",
    "completion": "gma_twisted.command.completion:completion",
    "config": "gma_twisted.command.configuring:config",
    "demo": "gma_twisted.command.demo:demo",
    "doctor": "gma_twisted.command.doctor:doctor",
    "estimate": "gma_twisted.command.estimating:estimate",
    "get": "gma_twisted.command.reading:get",
    "listen": "gma_twisted.command.listening:listen",
    "load": "gma_twisted.command.loading:load",
    "ls": "gma_twisted.command.reading:ls",
    "policy": "gma_twisted.command.policing:policy",
    "provider": "gma_twisted.command.providing:provider",
    "query": "gma_twisted.command.querying:query",
    "register": "gma_twisted.command.registering:register",
    "reload": "gma_twisted.command.reloading:reload",
    "restore": "gma_twisted.command.backing:restore",
    "status": "gma_twisted.command.status:status",
    "store": "gma_twisted.command.storing:store",
    "subscribe": "gma_twisted.command.subscribing:subscribe",
    "tls": "gma_twisted.command.issuing:tls",
    "token": "gma_twisted.command.tokens:token",
    "top": "gma_twisted.command.top:top",
    "unregister": "gma_twisted.command.registering:unregister",
    "unsubscribe": "gma_twisted.command.subscribing:unsubscribe",
    "watch": "gma_twisted.command.watch:watch",
}
"""By name: where each is."""


@click.group(cls=Verbs, verbs=VERBS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(gma_twisted.__version__, prog_name="gma")
@trustOptions
def gma() -> None:
    """Ask nodes of a grid what they know, and look after them.

    NODE is a node (HOST, HOST:PORT, http://HOST:8480) or one of its services
    (http://HOST:8480/services/index). Exit status: 0 all right, 1 nothing found or a check
    failed, 2 a command line that makes no sense, 3 no connection, 4 refused, 5 done in part.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A letter that the locale does not have is no reason to print nothing.
        sys.stdout.reconfigure(errors="replace")
