"""How long a thread was kept from running by others: so much a busy machine, and not what is tested, made it late."""

from pathlib import Path

__all__ = ["queued"]

_NANOSECONDS = 1e9


def queued(process: int | None = None) -> float:
    """
    Seconds a thread was ready to run since it began, and no processor was free for it, as the kernel counts.

    @param process: its first thread is meant; C{None} for the thread that asks
    @return: always 0 where the kernel does not count: then what others took counts as taken by the thread
    """
    thread = "thread-self" if process is None else f"{process}"
    try:
        return int(Path(f"/proc/{thread}/schedstat").read_text("ascii").split()[1]) / _NANOSECONDS
    except FileNotFoundError:
        return 0.0
