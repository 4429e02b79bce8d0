"""Pages: every entry once, in the order the ids came, whatever ends meanwhile."""

from random import Random

from gma_twisted.errors import ParameterError
from gma_twisted.model import End, Keep, KnownMember, Renew
from gma_twisted.testing.registry.model import makeRegistration
from gma_twisted.testing.registry.stand import RegistryStand

__all__ = ["PagingContract"]


class PagingContract(RegistryStand):
    """Reading a registry a page at a time."""

    def fill(self, count: int) -> list[str]:
        """Keep entries whose ids sort in another order than they came in. @return: the ids as they came"""
        ids = [f"e{number:04}" for number in range(count)]
        Random(3).shuffle(ids)
        self.commit(*[Keep(makeRegistration(entry), KnownMember.ADD) for entry in ids])
        return ids

    def test_pages(self) -> None:
        """Entries come in the order of their ids' coming; a renewal or an update moves none."""
        ids = self.fill(5)
        self.commit(Renew(ids[0], 50.0))
        self.commit(Keep(makeRegistration("new", content=b"<d/>")))
        self.assertEqual(self.ids(), ids)
        self.assertEqual(self.ids(limit=2), ids[:2])
        self.assertEqual(self.ids(ids[1], 2), ids[2:4])
        self.assertEqual(self.ids(ids[4]), [])

    def test_endedMeanwhile(self) -> None:
        """A page goes on behind an entry that ended meanwhile, on purpose or in time, swept or not."""
        ids = self.fill(6)
        self.commit(End(ids[2]), Renew(ids[3], 1.0))
        self.assertEqual(self.ids(ids[2], 2), ids[3:5])
        self.time.rightNow = 1.0
        self.assertEqual(self.ids(ids[3]), ids[4:])
        self.sweep()
        self.assertEqual(self.ids(ids[3]), ids[4:])

    def test_whileChanging(self) -> None:
        """While entries come and go, those that stay are on exactly one page each, in order."""
        ids = self.fill(1000)
        random = Random(5)
        ended: set[str] = set()
        late: list[str] = []
        found: list[str] = []
        while page := self.ids(found[-1] if found else "", 37):
            found += page
            ending = [*random.sample(ids, 20), page[-1]]
            ended.update(ending)
            self.commit(*[End(entry) for entry in ending])
            if len(late) < 10:
                late.append(f"late{len(late)}")
                self.commit(Keep(makeRegistration(late[-1], f"http://{late[-1]}/")))
        self.assertEqual(len(found), len(set(found)))
        came = [*ids, *late]
        self.assertEqual(found, [entry for entry in came if entry in set(found)])
        self.assertEqual(
            [entry for entry in found if entry not in ended],
            [entry for entry in came if entry not in ended],
        )

    def test_unknown(self) -> None:
        """A page after what was never an entry is refused, as is a page of none."""
        self.fill(2)
        self.assertRaises(ParameterError, self.store.entries, "unknown")
        self.assertRaises(ParameterError, self.store.entries, "", 0)
