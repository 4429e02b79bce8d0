"""C{gma load}."""

import json
import re
from collections.abc import Callable
from pathlib import Path

from gma_twisted.errors import Busy, GMAError, PartialFailure, PeerUnreachable, TooLarge
from gma_twisted.interfaces import Reply
from gma_twisted.markup.namespaces import OGSI, SD
from gma_twisted.nodes import INDEX
from gma_twisted.soap import ResponseWriter, writeFault
from gma_twisted.soap.declaration import operationsOf
from gma_twisted.soap.porttypes import GRID_SERVICE
from tests.command.stand import NODE, CommandCase, NodesCase, Peer, run

_CONFIGURATION = """
[sde."{urn:a}State"]
mutability = "mutable"
cardinality = "0..1"
modifiable = true
type = "int"

[sde."{urn:a}Note"]
mutability = "mutable"
cardinality = "0..100"
modifiable = true

[sde."{urn:a}Fixed"]
value = "x"
"""
_SET = next(one for one in operationsOf([GRID_SERVICE]) if one.name == "setServiceData")
_DONE = bytes(ResponseWriter(_SET, False).write(f'<v xmlns="{SD}"/>'.encode()))
_SERVICE = "http://h:1/services/x"


class FilesCase(CommandCase):
    """Files of values."""

    def file(
        self, *values: str, name: str = "values.xml", root: str = "sd:serviceDataValues"
    ) -> str:
        """A file of values in C{urn:a}."""
        spaces = f'xmlns:sd="{SD}" xmlns:ogsi="{OGSI}" xmlns:a="urn:a"'
        return self.written(f"<{root} {spaces}>{''.join(values)}</{root}>", name)

    def written(self, text: str | bytes, name: str = "values.xml") -> str:
        """A file."""
        path = Path(self.mktemp())
        path.mkdir(parents=True)
        data = text.encode() if isinstance(text, str) else text
        (path / name).write_bytes(data)
        return str(path / name)


class NodeTests(NodesCase, FilesCase):
    """At a node."""

    def setUp(self) -> None:
        """An index with names that clients set."""
        super().setUp()
        self.node(_CONFIGURATION, kind=INDEX)

    def texts(self, name: str) -> list[str]:
        """The values of a name."""
        told = json.loads(self.gma("get", NODE, f"{{urn:a}}{name}", "-o", "json"))
        return sorted(one["value"] for one in told)

    def test_loaded(self) -> None:
        """All names of all files are set; those of one name are in one message, wherever they stand."""
        first = self.file("<a:State>1</a:State>", "<a:Note>n</a:Note>")
        second = self.file("<a:Note>m</a:Note>", root="ogsi:setByServiceDataNames")
        third = self.written('<Note xmlns="urn:a">o</Note>')
        said = self.says("load", NODE, first, second, third)
        self.assertEqual(said, f"2 names set at http://{NODE}/services/index\n")
        self.assertEqual((self.texts("State"), self.texts("Note")), (["1"], ["m", "n", "o"]))
        self.assertEqual(run(self.caller, "load", NODE, first).stdout, "")
        self.assertEqual(self.texts("Note"), ["n"])

    def test_roundTrip(self) -> None:
        """What gma get prints can be loaded again."""
        self.says("load", NODE, self.file('<a:Note by="x">n</a:Note>', "<a:Note>m</a:Note>"))
        printed = self.gma("get", NODE, "{urn:a}Note")
        self.says("load", NODE, self.file("<a:Note>other</a:Note>"))
        self.says("load", NODE, self.written(printed))
        self.assertEqual(self.gma("get", NODE, "{urn:a}Note").count("<a:Note"), 2)

    def test_partial(self) -> None:
        """Exit status 5: what could not be set is named with its reason, the rest is set."""
        file = self.file("<a:State>x</a:State>", "<a:Note>n</a:Note>", "<a:Fixed>y</a:Fixed>")
        first, second, last = self.fails(5, "load", NODE, file).splitlines()
        self.assertRegex(first, r"^\{urn:a\}State: .*\(typeViolationFault\)$")
        self.assertRegex(second, r"^\{urn:a\}Fixed: .*\(\w+Fault\)$")
        self.assertEqual(last, f"gma: 2 of 3 names were not set at http://{NODE}/services/index")
        self.assertEqual(self.texts("Note"), ["n"])

    def test_none(self) -> None:
        """Exit status 4 when nothing was set, for one reason or for two."""
        first, last = self.fails(4, "load", NODE, self.file("<a:State>x</a:State>")).splitlines()
        self.assertIn("(typeViolationFault)", first)
        self.assertIn("1 of 1 names were not set", last)
        file = self.file("<a:State>x</a:State>", "<a:Fixed>y</a:Fixed>")
        self.assertEqual(len(self.fails(4, "load", NODE, file).splitlines()), 3)

    def test_unreachable(self) -> None:
        """Exit status 3."""
        file = self.file("<a:State>1</a:State>")
        self.assertIn("nobody:1", self.fails(3, "load", "nobody:1", file))
        self.assertIn("{urn:a}State: ", self.fails(3, "load", "nobody:1/x", file))


class FileTests(FilesCase):
    """Files that are none."""

    def setUp(self) -> None:
        """Nobody may be asked."""
        self.caller = Peer(answer=lambda method, url, body: self.fail("it was asked"))

    def test_bad(self) -> None:
        """A file that cannot be read is told before anything is sent: exit status 1, and the file's name."""
        good = self.file("<a:b/>")
        for text in ("", "<a>", "<!DOCTYPE a><a/>", b"\xff\xfe\xff"):
            bad = self.written(text, "bad.xml")
            said = self.fails(1, "load", _SERVICE, good, bad)
            self.assertIn(bad, said)
            self.assertEqual(len(said.splitlines()), 1)

    def test_empty(self) -> None:
        """A file without values too."""
        self.assertIn("has no values", self.fails(1, "load", _SERVICE, self.file()))

    def test_absent(self) -> None:
        """One that is not there, and none at all, is a usage error."""
        self.assertEqual(run(self.caller, "load", _SERVICE, "/nowhere.xml").exit_code, 2)
        self.assertEqual(run(self.caller, "load", _SERVICE).exit_code, 2)


class PeerTests(FilesCase):
    """Many names, at peers that are not always willing."""

    def peer(self, answer: Callable[[list[str]], GMAError | None]) -> None:
        """Answer by what is set; the names are kept in C{asked}."""
        self.asked: list[list[str]] = []

        def told(method: str, url: str, body: bytes) -> bytes | Reply:
            names = re.findall(r"<a:(\w+)", body.decode())
            self.asked.append(names)
            error = answer(names)
            if error is None:
                return _DONE
            if isinstance(error, PeerUnreachable):
                raise error
            return Reply(500, writeFault(error, False, "http://h/x", 0.0, "c"))

        self.caller = Peer(answer=told)

    def many(self, count: int, size: int = 1) -> str:
        """A file of many names."""
        return self.file(*(f"<a:n{number}>{'x' * size}</a:n{number}>" for number in range(count)))

    def test_batches(self) -> None:
        """No message has more values, or more bytes, than a node takes; every name is in one."""
        self.peer(lambda names: None)
        said = self.says("load", _SERVICE, self.many(2500))
        self.assertEqual([len(names) for names in self.asked], [1000, 1000, 500])
        self.assertIn("2500 names set", said)
        self.peer(lambda names: None)
        self.says("load", _SERVICE, self.many(40, 20_000))
        self.assertEqual(
            [one for names in self.asked for one in names], [f"n{n}" for n in range(40)]
        )
        self.assertLess(max(map(len, self.asked)), 14)

    def test_smaller(self) -> None:
        """A node that takes less is asked name by name."""
        self.peer(lambda names: TooLarge("no") if len(names) > 1 or names == ["n3"] else None)
        said = self.fails(5, "load", _SERVICE, self.many(5))
        self.assertEqual(
            said,
            f"{{urn:a}}n3: no (TooLarge)\ngma: 1 of 5 names were not set at {_SERVICE}",
        )
        self.assertEqual(len(self.asked), 6)

    def test_lost(self) -> None:
        """When the node goes away the rest is not tried, and is named: exit status 5."""

        def answer(names: list[str]) -> GMAError | None:
            return PeerUnreachable("gone") if len(self.asked) == 2 else None

        self.peer(answer)
        lines = self.fails(5, "load", _SERVICE, self.many(3000)).splitlines()
        self.assertEqual(len(self.asked), 2)
        names, _, why = lines[0].rpartition(": ")
        self.assertEqual((len(names.split(", ")), why), (2000, "gone"))
        self.assertIn("2000 of 3000 names were not set", lines[-1])

    def test_lostInPieces(self) -> None:
        """What was set one by one before is not named."""

        def answer(names: list[str]) -> GMAError | None:
            if len(names) > 1:
                return TooLarge("no")
            return Busy("later") if names == ["n2"] else None

        self.peer(answer)
        lines = self.fails(5, "load", _SERVICE, self.many(4)).splitlines()
        self.assertEqual(lines[0], "{urn:a}n2, {urn:a}n3: later (Busy)")

    def test_vague(self) -> None:
        """A peer that does not say which names failed may speak of any of them."""
        odd: list[PartialFailure] = [
            PartialFailure("some"),
            PartialFailure("some", [("{urn:b}x", TooLarge("y"))]),
        ]
        for error in odd:
            self.peer(lambda names, error=error: error)  # type: ignore[misc]
            lines = self.fails(4, "load", _SERVICE, self.many(2)).splitlines()
            self.assertEqual(lines[0], "{urn:a}n0, {urn:a}n1: some (partialFailureFault)")
