"""What providers share that read over the network: their bounds, and the means of the node."""

from gma_twisted.errors import ParameterError
from gma_twisted.processes import IFetcher, ProviderRuntime

__all__ = ["MAX_SIZE", "MAX_TIMEOUT", "checkBounds", "fetcherOf"]

MAX_SIZE = 64 * 1024 * 1024
"""Highest C{maxSize} that may be configured, in bytes."""

MAX_TIMEOUT = 3600.0
"""Longest C{timeout} that may be configured, in seconds."""


def fetcherOf(runtime: ProviderRuntime, who: str) -> IFetcher:
    """@raise ParameterError: the node gives no way to read over the network"""
    if runtime.fetcher is None:
        raise ParameterError(
            f"{who} reads over the network, and the runtime it is given has no fetcher"
        )
    return runtime.fetcher


def checkBounds(maxSize: int, timeout: float) -> None:
    """@raise ParameterError: out of range"""
    if not 0 < maxSize <= MAX_SIZE:
        raise ParameterError(f"maxSize {maxSize} is not between 1 and {MAX_SIZE}")
    if not 0 < timeout <= MAX_TIMEOUT:
        raise ParameterError(f"timeout {timeout:g} is not above 0 and at most {MAX_TIMEOUT:g}")
