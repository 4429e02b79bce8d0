"""The reactor C{gma-uvloop}: Twisted's asyncio reactor on a uvloop (extra C{fast})."""

import asyncio

from twisted.internet import asyncioreactor

from gma_twisted.errors import ConfigError

__all__ = ["install"]


def install() -> None:
    """
    Install the reactor; C{twistd --reactor=gma-uvloop} calls this.

    @raise ConfigError: uvloop is not installed
    """
    try:
        import uvloop  # noqa: PLC0415 (an extra: the rest of the package must import without it)
    except ImportError:
        raise ConfigError(
            "the reactor gma-uvloop needs uvloop: pip install 'gma-twisted[fast]'"
        ) from None
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    asyncioreactor.install(loop)
