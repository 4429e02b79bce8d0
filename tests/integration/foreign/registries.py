"""Registries for all the tests with foreign clients."""

import atexit
import tempfile
from pathlib import Path
from typing import ClassVar

from tests.integration.twistd import Node

__all__ = ["SharedRegistry"]

_REFUSING = """
[registry]
known_member = "refuse"

[limits]
registry_per_owner = 3
registry_content_size = "1KiB"
"""


class SharedRegistry:
    """
    A process C{twistd gma-registry} that starts when the first test needs it and ends with the test run.

    @cvar REFUSING: refuses known members; an owner may have three entries, of 1 KiB of content each
    @ivar base: what the URLs of its services begin with
    @ivar url: of its service
    """

    REFUSING = _REFUSING
    _running: "ClassVar[dict[str, SharedRegistry]]" = {}

    def __init__(self, configuration: str) -> None:
        """@param configuration: TOML"""
        self._kept = tempfile.TemporaryDirectory(prefix="gma-registry-")
        atexit.register(self._kept.cleanup)
        home = Path(self._kept.name)
        (home / "vo.toml").write_text(configuration)
        options = ("-c", "vo.toml", "--state-dir", str(home / "state"))
        listen = ("--listen", "tcp:0:interface=127.0.0.1")
        self._node = Node(home, atexit.register, *options, *listen, kind="gma-registry")
        self.base = self._node.url()
        self.url = f"{self.base}/services/registry"

    @classmethod
    def get(cls, configuration: str = "") -> "SharedRegistry":
        """The registry of a configuration, started when there is none."""
        if configuration not in cls._running:
            cls._running[configuration] = cls(configuration)
        return cls._running[configuration]
