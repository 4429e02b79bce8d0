"""Which file systems are asked for their size."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.providers.filesystems import Mount, localMounts, readFileSystems

ROOT = Mount("/dev/sda1", "/", "ext4", False)


def mount(device: str, root: str, kind: str) -> Mount:
    """A writable mount."""
    return Mount(device, root, kind, False)


class LocalTests(SynchronousTestCase):
    """localMounts."""

    def roots(self, *table: Mount) -> list[str]:
        """Where the chosen ones are."""
        return [one.root for one in localMounts(table)]

    def test_remote(self) -> None:
        """What a dead server could make us wait for is never asked."""
        table = [
            ROOT,
            *(
                mount("srv:/x", f"/{kind}", kind)
                for kind in ("nfs4", "cifs", "fuse.sshfs", "autofs")
            ),
        ]
        self.assertEqual(self.roots(*table), ["/"])

    def test_below(self) -> None:
        """A local disk below such a mount is not asked either: the way to it could hang."""
        self.assertEqual(
            self.roots(ROOT, mount("srv:/x", "/net", "nfs"), mount("/dev/sdb", "/net/disk", "xfs")),
            ["/"],
        )

    def test_beside(self) -> None:
        """A mount whose name only begins alike is no mount below."""
        self.assertEqual(
            self.roots(mount("srv:/x", "/net", "nfs"), mount("/dev/sdb", "/network", "xfs")),
            ["/network"],
        )

    def test_pseudo(self) -> None:
        """Memory and kernel file systems are not listed, and do not hide a disk below them."""
        self.assertEqual(
            self.roots(
                ROOT, mount("tmpfs", "/run", "tmpfs"), mount("/dev/sdb", "/run/disk", "xfs")
            ),
            ["/", "/run/disk"],
        )

    def test_bind(self) -> None:
        """A device mounted several times is listed once, under its shortest path."""
        self.assertEqual(
            self.roots(
                mount("/dev/sdb", "/srv/long/path", "xfs"), mount("/dev/sdb", "/srv", "xfs")
            ),
            ["/srv"],
        )

    def test_container(self) -> None:
        """The overlay root of a container is listed, other overlays are not."""
        self.assertEqual(
            self.roots(mount("overlay", "/", "overlay"), mount("o", "/var/x/merged", "overlay")),
            ["/"],
        )

    def test_bound(self) -> None:
        """At most 64 are listed."""
        table = [mount(f"/dev/d{n}", f"/d{n}", "xfs") for n in range(200)]
        self.assertEqual(len(localMounts(table)), 64)

    def test_real(self) -> None:
        """On this machine sizes are in MB and not larger than what is available."""
        for one in readFileSystems():
            self.assertTrue(0 <= one.available <= one.size)
