"""Work beside other work."""

import threading
from collections.abc import Callable

__all__ = ["Task"]


class Task:
    """A thread whose failure is its caller's."""

    def __init__(self, work: Callable[[], None]) -> None:
        """Begin."""
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    @property
    def isAlive(self) -> bool:
        """Whether it goes on."""
        return self._thread.is_alive()

    def end(self) -> None:
        """Wait for it. @raise BaseException: what it failed with"""
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001
            self._failure = error
