"""The ten-line provider of the README: size and free space of the root file system."""

import shutil

from zope.interface import implementer

from gma_twisted.interfaces import ISimpleDataProvider


@implementer(ISimpleDataProvider)
class DiskProvider:
    """Gives C{{urn:example:disk}Disk}."""

    name = "disk"
    description = "size and free space of the root file system, in bytes"

    async def provide(self) -> bytes:
        """@return: the Disk element, sizes in bytes"""
        total, _, free = shutil.disk_usage("/")
        return b'<Disk xmlns="urn:example:disk" total="%d" free="%d"/>' % (total, free)
