"""The users of this host, of its own file alone: asking a directory service could block."""

import os
from collections.abc import Mapping
from pathlib import Path

import attrs

from gma_twisted.errors import ProviderFailed, cut

__all__ = ["LocalUsers"]

_MOST = 1 << 20
_DIGITS = 10


@attrs.define(slots=True, eq=False)
class LocalUsers:
    """
    What /etc/passwd says; users of a directory service have numbers only.

    Of a file of more than a mebibyte the rest is not read.

    @ivar path: the file
    """

    path: Path = Path("/etc/passwd")
    _version: tuple[int, int] | None = attrs.field(default=None, init=False)
    _numbers: Mapping[str, int] = attrs.field(factory=dict, init=False)
    _names: Mapping[int, str] = attrs.field(factory=dict, init=False)

    def refresh(self) -> None:
        """Read the file if it is another one than before; nobody has a name where it cannot be read."""
        try:
            facts = os.stat(self.path)
            version = facts.st_mtime_ns, facts.st_ino
            if version == self._version:
                return
            with self.path.open("rb") as file:
                data = file.read(_MOST)
        except OSError:
            self._numbers, self._names, self._version = {}, {}, None
            return
        self._numbers = _numbers(data.decode("utf-8", "replace"))
        names: dict[int, str] = {}
        for name, number in self._numbers.items():
            names.setdefault(number, name)
        self._names, self._version = names, version

    def nameOf(self, uid: int) -> str:
        """The name of a user id, the first where it has several; the number where there is none."""
        return self._names.get(uid, str(uid))

    def numberOf(self, user: str) -> int:
        """
        The user id of a name, or of a number.

        @raise ProviderFailed: nobody has the name
        """
        if user in self._numbers:
            return self._numbers[user]
        if _isNumber(user):
            return int(user)
        raise ProviderFailed(
            f'there is no user "{cut(user)}" in {self.path}',
            cure="give the number of one that only a directory service knows",
        )


def _numbers(text: str) -> Mapping[str, int]:
    fields = [line.split(":") for line in text.splitlines()]
    return {one[0]: int(one[2]) for one in fields if len(one) > 2 and one[0] and _isNumber(one[2])}


def _isNumber(text: str) -> bool:
    return len(text) <= _DIGITS and text.isascii() and text.isdigit()
