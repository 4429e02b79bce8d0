"""The README's provider, as its test there."""

import runpy
from pathlib import Path

from twisted.trial.unittest import TestCase

from gma_twisted.interfaces import ISimpleDataProvider
from gma_twisted.markup import XMLGate
from gma_twisted.testing import ProviderContract

EXAMPLE = Path(__file__).parents[2] / "examples" / "disk.py"


class DiskTests(ProviderContract, TestCase):
    """examples/disk.py."""

    def makeProvider(self) -> ISimpleDataProvider:
        """The example's provider."""
        made: ISimpleDataProvider = runpy.run_path(str(EXAMPLE))["DiskProvider"]()
        return made

    async def test_document(self) -> None:
        """It tells total and free bytes of the root file system."""
        disk = XMLGate().parse(await self.makeProvider().provide())
        self.assertEqual(disk.tag, "{urn:example:disk}Disk")
        self.assertTrue(0 <= int(disk.attrib["free"]) <= int(disk.attrib["total"]))
