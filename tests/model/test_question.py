"""Which values an expression sees, by their names."""

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.model import NameSelector, QName


class NameSelectorTests(SynchronousTestCase):
    """A name, or a pattern of names."""

    def test_covers(self) -> None:
        """A star stands for every namespace, for every local name, or for both."""
        names = [QName("urn:a", "x"), QName("urn:a", "y"), QName("urn:b", "x"), QName("", "x")]
        for pattern, wanted in (
            (QName("urn:a", "x"), names[:1]),
            (QName("urn:a", "*"), names[:2]),
            (QName("*", "x"), [names[0], names[2], names[3]]),
            (QName("*", "*"), names),
            (QName("", "*"), names[3:]),
        ):
            self.assertEqual([one for one in names if NameSelector(pattern).covers(one)], wanted)
