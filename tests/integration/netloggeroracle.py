"""NetLogger's own reader and writer, which are in an environment of their own."""

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SkipTest

__all__ = ["readByOracle", "writtenByOracle"]

_HERE = Path(__file__).parent
_HOME = _HERE.parent.parent / "build" / "netlogger"
_PROGRAM = _HERE / "foreign" / "netlogger.py"


def readByOracle(lines: Iterable[bytes]) -> Sequence[Mapping[str, Any]]:
    """
    What it reads of lines without line feeds: by name, C{ts} in seconds, all else text; C{error} of what it refuses.

    @raise SkipTest: it is not there
    """
    said = _run("read", b"".join(line + b"\n" for line in lines))
    return [json.loads(line) for line in said.splitlines()]


def writtenByOracle(events: Iterable[tuple[str, float, Mapping[str, object]]]) -> Sequence[bytes]:
    """
    The lines it writes, without line feeds.

    @param events: name, seconds and fields of each
    @raise SkipTest: it is not there
    """
    asked = "".join(json.dumps(event) + "\n" for event in events)
    return _run("write", asked.encode()).split(b"\n")[:-1]


def _run(what: str, given: bytes) -> bytes:
    if not (_HOME / "stamp").exists():
        raise SkipTest(
            "build/netlogger is not there; make test makes it where pip can reach a package index"
        )
    program = [str(_HOME / "bin" / "python"), str(_PROGRAM), what]
    ended = subprocess.run(program, input=given, capture_output=True, timeout=100, check=False)
    assert ended.returncode == 0, ended.stderr.decode()
    return ended.stdout
