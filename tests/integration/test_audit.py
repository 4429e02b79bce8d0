"""The audit of nodes that are killed: real processes and files."""

import json
import signal
import threading
import urllib.error
from pathlib import Path
from typing import Any

from gma_twisted.security.audit.verify import verifyChain
from tests.integration.test_registrynode import REG, RegistryCase
from tests.integration.twistd import fetch

_LIVES = 3
_CALLERS = 4


def registered(url: str, member: str) -> bool:
    """Register a service. @return: whether that was acknowledged"""
    body = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
        f'<registerService xmlns="{REG}"><handle>{member}</handle></registerService></e:Body></e:Envelope>'
    )
    try:
        return b"entry>" in fetch(f"{url}/services/registry", body.encode())
    except (OSError, urllib.error.URLError):
        return False


class KillTests(RegistryCase):
    """Lives that end in the middle of something."""

    timeout = 120

    def test_killed(self) -> None:
        """Whatever life a kill ends: each registration that was acknowledged has its line, and the chain is right."""
        acknowledged: list[str] = []
        for life in range(_LIVES):
            self.live(life, acknowledged)
        path = self.state / "audit.jsonl"
        verdict = verifyChain(str(path))
        self.assertIsNone(verdict.broken)
        self.assertEqual(verdict.notes, [])
        written = {line["target"] for line in self.lines(path) if line["result"] == "ok"}
        self.assertGreater(len(acknowledged), 20)
        self.assertEqual([one for one in acknowledged if one not in written], [])

    def live(self, life: int, acknowledged: list[str]) -> None:
        """Register until the node is killed."""
        node = self.registry()
        url = node.url()
        enough = threading.Event()

        def call(caller: int) -> None:
            number = 0
            while registered(url, member := f"http://m:1/services/{life}-{caller}-{number}"):
                acknowledged.append(member)
                number += 1
                if number == 10:
                    enough.set()

        callers = [threading.Thread(target=call, args=(one,)) for one in range(_CALLERS)]
        for one in callers:
            one.start()
        enough.wait(60)
        node.process.send_signal(signal.SIGKILL)
        node.process.wait(20)
        for one in callers:
            one.join(20)

    def lines(self, path: Path) -> list[dict[str, Any]]:
        """Of the file."""
        return [json.loads(line) for line in path.read_bytes().splitlines()]
