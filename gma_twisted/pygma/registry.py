"""pyGMA's module C{registry}: a server that knows producers and consumers, and the proxy of one elsewhere."""

from gma_twisted.client import gma
from gma_twisted.pygma import core
from gma_twisted.pygma.proxy import BlockingProxy, waiting
from gma_twisted.pygma.serving import Servable
from gma_twisted.roles import registry as roles

__all__ = ["RegistryProxy", "RegistryServer", "core"]

_PORT = 8481


class RegistryServer(Servable, roles.RegistryServer):
    """
    The base of a directory of one's own: what it implements are its do-methods, C{doAdd(entry, **kw)},
    C{doUpdate(entry, **kw)}, C{doRemove(entryId)} and C{doSearch(template, **kw)}; everything else answers
    NotImplementedException. The directory of C{gma-registry} needs none of it.
    """


class RegistryProxy(BlockingProxy):
    """
    A directory elsewhere.

    See L{gma_twisted.client.gma.RegistryProxy}: each method waits for what the one of the same name there gives.
    """

    remote = gma.RegistryProxy
    usualPort = _PORT

    add = waiting(gma.RegistryProxy.add)
    update = waiting(gma.RegistryProxy.update)
    remove = waiting(gma.RegistryProxy.remove)
    renew = waiting(gma.RegistryProxy.renew)
    renewMany = waiting(gma.RegistryProxy.renewMany)
    search = waiting(gma.RegistryProxy.search)
    watch = waiting(gma.RegistryProxy.watch)
    unwatch = waiting(gma.RegistryProxy.unwatch)
