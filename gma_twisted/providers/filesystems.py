"""The file systems on this host's own disks, chosen so that asking for their size cannot hang.

C{statvfs} waits for ever when a server of NFS, CIFS or FUSE is gone, and it runs on the reactor's thread: only
types that answer from the kernel's memory are asked, and only where no such mount is on the way.
"""

from collections.abc import Iterable, Sequence

import attrs
import psutil

__all__ = ["FileSystem", "Mount", "localMounts", "readFileSystems"]

_LOCAL = frozenset(("btrfs", "ext2", "ext3", "ext4", "f2fs", "jfs", "ntfs3", "vfat", "xfs", "zfs"))
_PSEUDO = frozenset(("devtmpfs", "overlay", "proc", "ramfs", "sysfs", "tmpfs"))
_MOST = 64
_MEGABYTE = 1 << 20


@attrs.frozen(slots=True)
class Mount:
    """
    A line of the mount table.

    @ivar device: what is mounted
    @ivar root: where
    @ivar kind: file system type
    @ivar readOnly: whether it cannot be written
    """

    device: str
    root: str
    kind: str
    readOnly: bool


@attrs.frozen(slots=True)
class FileSystem:
    """
    A mount with its size.

    @ivar size: MB
    @ivar available: MB an ordinary user can still write
    """

    mount: Mount
    size: int
    available: int


def localMounts(table: Iterable[Mount]) -> Sequence[Mount]:
    """
    Choose what can be asked without waiting, each device once, at most 64; a container's overlay root counts.

    @param table: the mount table, in its order
    """
    mounts = list(table)
    risky = [one.root for one in mounts if one.kind not in _LOCAL and one.kind not in _PSEUDO]
    chosen: dict[str, Mount] = {}
    for one in sorted(mounts, key=lambda mount: len(mount.root)):
        isRoot = one.root == "/" and one.kind == "overlay"
        if one.kind not in _LOCAL and not isRoot:
            continue
        if any(_isBelow(one.root, root) for root in risky):
            continue
        # A bind mount shows the same device again.
        chosen.setdefault(one.device, one)
    return list(chosen.values())[:_MOST]


def readFileSystems() -> Sequence[FileSystem]:
    """The chosen file systems with their sizes now."""
    table = [
        Mount(one.device, one.mountpoint, one.fstype, "ro" in one.opts.split(","))
        for one in psutil.disk_partitions(all=True)
    ]
    found = []
    for mount in localMounts(table):
        try:
            usage = psutil.disk_usage(mount.root)
        except OSError:  # unmounted meanwhile, or not ours to see
            continue
        found.append(FileSystem(mount, usage.total // _MEGABYTE, usage.free // _MEGABYTE))
    return found


def _isBelow(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip("/") + "/")
