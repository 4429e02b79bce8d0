"""BP lines are read and written by what is compiled, and by what is in Python: the same tests for both."""

from typing import Any

from gma_twisted.netlogger import bp

__all__ = ["InPython"]


class InPython:
    """Mixed in before a test case: nothing is compiled."""

    def setUp(self: Any) -> None:
        """For this test."""
        super().setUp()  # type: ignore[misc]
        self.patch(bp, "readPlain", None)
        self.patch(bp, "writePlain", None)
