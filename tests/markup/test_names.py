"""Names that a hostile peer makes up do not stay in memory."""

import psutil
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.markup import XMLGate
from gma_twisted.markup.names import forgetNames

_MIB = 1024 * 1024


def _document(number: int) -> bytes:
    """A document of 50 names nobody has seen before."""
    names = (b"<n%07d%b/>" % (50 * number + i, b"x" * 192) for i in range(50))
    return b"<r>" + b"".join(names) + b"</r>"


class ForgettingTests(SynchronousTestCase):
    """libxml2's dictionary of names is renewed."""

    def test_growthIsBounded(self) -> None:
        """180,000 new names of 200 characters leave less than a third of their bytes behind."""
        gate = XMLGate(renewal=4 * _MIB)
        process = psutil.Process()
        for number in range(400):
            gate.parse(_document(number))
        before = process.memory_info().rss
        for number in range(400, 4000):
            gate.parse(_document(number))
        # Kept for ever they would be 38 MiB.
        self.assertLess(process.memory_info().rss - before, 13 * _MIB)

    def test_treesOutliveIt(self) -> None:
        """Trees made before are whole afterwards and may take nodes of later ones."""
        gate = XMLGate(renewal=40)
        first = gate.parse(b"<first><child/></first>")
        self.assertTrue(forgetNames())
        second = gate.parse(b"<second><other/></second>")
        first.append(second[0])
        del second
        self.assertEqual([node.tag for node in first.iter()], ["first", "child", "other"])

    def test_parsingGoesOn(self) -> None:
        """A gate renews itself and lets documents in as before."""
        gate = XMLGate(renewal=10)
        self.assertEqual([gate.parse(b"<aaaa/>").tag for _ in range(5)], ["aaaa"] * 5)

    def test_nothingToForget(self) -> None:
        """Forgetting twice in a row says that there was nothing left."""
        XMLGate().parse(b"<a/>")
        forgetNames()
        self.assertFalse(forgetNames())
        self.assertEqual(XMLGate().parse(b"<a/>").tag, "a")
