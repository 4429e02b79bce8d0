"""The users of this host."""

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ProviderFailed
from gma_twisted.providers.users import LocalUsers

PASSWD = """\
root:x:0:0:root:/root:/bin/sh
toor:x:0:0:root:/root:/bin/sh
ada:x:1001:100:Ada:/home/ada:/bin/sh
broken
:x:5:5
eve:x:-1:1
far:x:99999999999:1
7:x:1007:1
"""


class UsersTests(SynchronousTestCase):
    """LocalUsers."""

    def setUp(self) -> None:
        """A host with a few users."""
        self.path = Path(self.mktemp())
        self.path.write_text(PASSWD)
        self.users = LocalUsers(self.path)
        self.users.refresh()

    def test_names(self) -> None:
        """The first name of a number is shown, and the number where there is none."""
        self.assertEqual(
            [self.users.nameOf(uid) for uid in (0, 1001, 5, 42)], ["root", "ada", "5", "42"]
        )

    def test_numbers(self) -> None:
        """Every name has its number; a number is one where it is nobody's name."""
        for user, uid in (("toor", 0), ("ada", 1001), ("7", 1007), ("42", 42)):
            self.assertEqual(self.users.numberOf(user), uid, user)

    def test_unknown(self) -> None:
        """A name nobody has is told with the file it is not in."""
        for user in ("eve", "far", "broken", "", "12345678901"):
            error = self.assertRaises(ProviderFailed, self.users.numberOf, user)
            self.assertEqual(
                error.message,
                f'there is no user "{user}" in {self.path}; '
                "give the number of one that only a directory service knows",
            )

    def test_changed(self) -> None:
        """A file that changed is read again."""
        self.path.write_text("bob:x:1001:1\n")
        os.utime(self.path, (1, 1))
        self.assertEqual(self.users.nameOf(1001), "ada")
        self.users.refresh()
        self.assertEqual(self.users.nameOf(1001), "bob")

    def test_gone(self) -> None:
        """Without the file all are numbers, until it is back."""
        data = self.path.read_text()
        self.path.unlink()
        self.users.refresh()
        self.assertEqual(self.users.nameOf(0), "0")
        self.path.write_text(data)
        self.users.refresh()
        self.assertEqual(self.users.nameOf(0), "root")

    @given(st.binary(max_size=200))
    def test_anything(self, data: bytes) -> None:
        """Whatever is in the file, it is read."""
        path = Path(self.mktemp())
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        users = LocalUsers(path)
        users.refresh()
        self.assertTrue(users.nameOf(0))
