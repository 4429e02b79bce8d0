"""The table under everything, where the contract cannot see: what is shared, and what must not grow."""

from time import process_time

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.model import Handle, Locator, QName, Registration
from gma_twisted.stores.registry.sharing import Pool
from gma_twisted.stores.registry.table import RegistryTable
from gma_twisted.testing.registry.model import makeRegistration


class SharingTests(SynchronousTestCase):
    """Equal values are kept once."""

    def row(self, number: int, text: str = "x") -> Registration:
        """A row none of whose parts is that of another."""
        return Registration(
            str(number),
            Locator([Handle(f"http://{number}/")], [QName("urn:" + text, "p")], [b"<r/>"]),
            "name-" + text,
            [("site", "".join(["s", text]))],
            b"",
            "owner-" + text,
        )

    def test_shared(self) -> None:
        """Rows share interfaces, attributes, names and owners; and each equals what it was made of."""
        pool = Pool()
        one, two = (pool.registration(self.row(number)) for number in (1, 2))
        self.assertIs(one.interfaces, two.interfaces)
        self.assertIs(one.attributes, two.attributes)
        self.assertIs(one.name, two.name)
        self.assertIs(one.owner, two.owner)
        self.assertEqual(one.member.handles, (Handle("http://1/"),))
        self.assertEqual((one.name, one.attributes), ("name-x", (("site", "sx"),)))

    def test_bounded(self) -> None:
        """A pool keeps neither very long values nor very many, whatever comes."""
        pool = Pool()
        long = pool.registration(self.row(1, "x" * 5000))
        self.assertIsNot(pool.registration(self.row(2, "x" * 5000)).name, long.name)
        for number in range(3000):
            pool.registration(self.row(number, f"{number:03000}"))
        self.assertLess(len(pool._values), 4097)
        self.assertLess(sum(len(v) for v in pool._values if isinstance(v, str)), 5 * 1024**2)
        for number in range(5000):
            pool.registration(self.row(number, str(number)))
        self.assertLess(len(pool._values), 4097)


class ScaleTests(SynchronousTestCase):
    """What must not grow with the number of entries."""

    def test_oneMember(self) -> None:
        """An owner's oldest entry of a member is found at once, however many entries and owners the member has."""
        table = RegistryTable(100)
        for number in range(20_000):
            table.put(makeRegistration(f"e{number}", owner=f"o{number % 100}"), 1)
        for number in range(19_900):
            table.remove(f"e{number}")
        began = process_time()
        for _ in range(1000):
            self.assertEqual(next(iter(table.known("http://a/", "o7"))).entry, "e19907")
        self.assertLess(process_time() - began, 1.0)
        self.assertEqual(table.owned("o7"), 1)
        self.assertEqual(next(iter(table.member("http://a/"))).entry, "e19900")

    def test_remembering(self) -> None:
        """Forgetting the ids of ended entries takes no longer when many are remembered."""
        table = RegistryTable(50_000)
        began = process_time()
        for number in range(150_000):
            table.put(makeRegistration(f"e{number}", f"http://{number % 7}/"), 1)
            table.remove(f"e{number}")
        self.assertLess(process_time() - began, 20.0)
        self.assertEqual(len(table._ended), 50_000)

    def test_empty(self) -> None:
        """When every entry is gone nothing is left of members, owners and weight."""
        table = RegistryTable(1)
        ids = [str(number) for number in range(100)]
        for entry in ids:
            table.put(makeRegistration(entry, f"http://{int(entry) % 3}/", f"o{len(entry)}"), 1)
        for entry in ids:
            table.remove(entry)
        self.assertIsNone(table.remove("1"))
        left = (table.entries, table.size, table._members, table._owners)
        self.assertEqual(left, (0, 0, {}, {}))
        self.assertEqual(list(table.everything()), [])
