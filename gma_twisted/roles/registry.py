"""What somebody derives a directory from (pyGMA's RegistryServer); the project's own is another, C{gma-registry}."""

__all__ = ["RegistryServer"]


class RegistryServer:
    """
    A directory that implements nothing: every operation answers NotImplementedException.

    A class derived from it has methods for what it implements; each is a function, a coroutine function, or gives a
    Deferred::

        doAdd(self, entry, **kw)         keeps it; gives entries of whom it could talk to, or None
        doUpdate(self, entry, **kw)      the same of one that is there, by its id
        doRemove(self, entryId)
        doSearch(self, template, **kw)   entries, or a SearchAnswer; template may be None

    C{entry} is a L{GMAEntry <gma_twisted.model.gma.GMAEntry>} and has its id. C{kw} has the other parts of the request
    by name, and C{caller}. Ids, owners and leases are the framework's: C{doRemove} is called when a lease ends, too.
    With C{doAdd} there are renew and renewMany; who adds the same role and endpoint again renews its entry, and
    C{doUpdate}, or without one C{doAdd} under the same id, hears of it. C{doWatch(self, template, consumer, callerId,
    **kw)} gives None, C{doUnwatch(self, watchId)} is called when the watch or its lease ends: C{watchId} of C{kw} is
    its id.

    Entries found are given the rest of their lease by the framework.
    """
