"""How a program is started so that all of its tree can be killed: a session, and a PID namespace if allowed.

C{killpg} misses what called C{setsid} again; the kernel misses nothing of a namespace whose first process dies.
"""

import shutil

from gma_twisted.errors import ProviderFailed

__all__ = ["BASE_ENVIRONMENT", "MARKER", "launchWords"]

BASE_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
}
"""All a program finds in its environment, unless it is given more."""

MARKER = "GMA_RUN"
"""Variable by which the descendants of one run are known where there is no namespace."""


def launchWords(namespace: bool) -> list[str]:
    """
    The words before a program: C{env} changes to C{/}, C{setsid} makes the session, C{unshare} the namespace.

    They replace themselves by C{exec}, C{unshare} excepted, which stays to hand on the exit status. Changing the
    directory here and not in the node lets Twisted use C{posix_spawn}: a fork of a big node would copy its page
    tables on the reactor's thread. /proc stays the machine's own, as programs that watch it need: a process's
    number of itself (C{$$}) is not its number there.

    @raise ProviderFailed: C{env} or C{setsid} is not installed
    """
    words = [_tool("env"), "-C", "/", _tool("setsid")]
    if namespace:
        words += [_tool("unshare"), "--pid", "--fork", "--kill-child", "--"]
    return words


def _tool(name: str) -> str:
    found = shutil.which(name, path=BASE_ENVIRONMENT["PATH"])
    if found is None:
        raise ProviderFailed(
            f'cannot run programs: "{name}" (coreutils, util-linux) is not installed'
        )
    return found
