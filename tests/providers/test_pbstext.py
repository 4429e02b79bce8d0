"""What qstat prints of queues and servers."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ProviderFailed
from gma_twisted.providers.pbstext import readSections
from tests.providers.batchstand import document


class SectionTests(SynchronousTestCase):
    """readSections."""

    def test_queues(self) -> None:
        """Each section has its attributes; what goes on behind a tab belongs to the one before."""
        sections = readSections(document("queues.txt"), "Queue", "qstat")
        self.assertEqual(list(sections), ["work", "long"])
        self.assertEqual(sections["work"]["resources_max.walltime"], "24:00:00")
        self.assertEqual(sections["long"]["acl_users"], "u1,u2,u3,u4")
        self.assertNotIn("acl_users", sections["work"])

    def test_continuedNothing(self) -> None:
        """A line behind a tab that continues nothing of its own section belongs to none."""
        told = readSections(b"Queue: a\n    x = 1\nQueue: b\n\tlost\n    y = 2\n", "Queue", "qstat")
        self.assertEqual(told, {"a": {"x": "1"}, "b": {"y": "2"}})

    def test_continued(self) -> None:
        """What goes on may look like an attribute."""
        told = readSections(b"Server: srv\n    a = 1,\n\tb = 2\n    c = d = e\n", "Server", "qstat")
        self.assertEqual(told, {"srv": {"a": "1,b = 2", "c": "d = e"}})

    def test_nothing(self) -> None:
        """Nothing has no sections."""
        self.assertEqual(readSections(b"\n\n", "Queue", "qstat"), {})

    def test_refused(self) -> None:
        """Text before the first section is none of them."""
        error = self.assertRaises(ProviderFailed, readSections, b"Server: x\n", "Queue", "qstat -Q")
        self.assertEqual(error.message, 'qstat -Q printed "Server: x", not "Queue: " and a name')
