"""docs/contributing.md says what is so."""

import re
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

import gma_twisted

PACKAGE = Path(gma_twisted.__file__).parent
PAGE = PACKAGE.parent / "docs" / "contributing.md"


class BroadCatchTests(SynchronousTestCase):
    """The table of broad catches."""

    def test_whole(self) -> None:
        """It names the files that have one, all of them and no others."""
        rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("  | `")]
        named = [name for row in rows for name in re.findall(r"`(\S+?\.py)`", row)]
        found = [
            path.relative_to(PACKAGE).as_posix()
            for path in PACKAGE.rglob("*.py")
            if "noqa: BLE001" in path.read_text("utf-8")
        ]
        self.assertEqual(sorted(named), sorted(found))
