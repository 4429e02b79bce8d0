"""Slurm's lists of hosts."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.providers.hostlist import MOST_HOSTS, hostNames


class HostListTests(SynchronousTestCase):
    """hostNames."""

    def test_names(self) -> None:
        """Ranges are written out, with their leading zeros."""
        for written, names in (
            ("", ""),
            ("n1", "n1"),
            ("n1,n2", "n1 n2"),
            ("n[1-3]", "n1 n2 n3"),
            ("n[1-2,7],x1", "n1 n2 n7 x1"),
            ("n[08-11]", "n08 n09 n10 n11"),
            ("r[1-2]n[1-2]-ib", "r1n1-ib r1n2-ib r2n1-ib r2n2-ib"),
        ):
            self.assertEqual(hostNames(written), names)

    def test_kept(self) -> None:
        """What names too many, or is no such list, stays as it is."""
        self.assertEqual(len(hostNames(f"n[1-{MOST_HOSTS}]").split()), MOST_HOSTS)
        for written in (
            f"n[0-{MOST_HOSTS}]",
            "n[0-999999999]",
            f"n[1-{MOST_HOSTS}],x[1]",
            "r[1-99]n[1-99]",
            "n[2-1]",
            "n[a]",
            "n[]",
            "n[1",
            "n[[1]]",
        ):
            self.assertEqual(hostNames(written), written)

    @given(st.text("n[]-,0123456789", max_size=40))
    def test_anything(self, written: str) -> None:
        """Nothing raises or grows without bound."""
        self.assertLessEqual(len(hostNames(written)), MOST_HOSTS * 50)
