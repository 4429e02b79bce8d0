"""Commits: what each command does, all or none."""

import attrs
from zope.interface.verify import verifyObject

from gma_twisted.errors import ParameterError
from gma_twisted.interfaces import IServiceDataStore
from gma_twisted.model import (
    Added,
    Declare,
    ElementKey,
    Extend,
    Extended,
    Lifetime,
    Put,
    Remove,
    Removed,
    ReplaceAll,
    Replaced,
)
from gma_twisted.testing.storemodel import makeElement
from gma_twisted.testing.stores.stand import ONE, TWO, StoreStand

__all__ = ["CommitContract"]


class CommitContract(StoreStand):
    """What a commit changes and tells."""

    def test_interface(self) -> None:
        """It provides C{IServiceDataStore}."""
        verifyObject(IServiceDataStore, self.store)

    def test_put(self) -> None:
        """A value that was put is read by key and by name, and is told as Added."""
        element = makeElement(text="5")
        changes = self.commit(Put(element))
        self.assertEqual(list(changes.changes), [Added(element)])
        self.assertEqual(self.store.get(element.key), element)
        self.assertEqual(self.found("{urn:a}one"), ["http://a/  5"])
        self.assertEqual(self.heard, [changes])

    def test_replace(self) -> None:
        """Another content under the same identity is told as Replaced, with what was there."""
        old, new = makeElement(text="1"), makeElement(text="2")
        self.commit(Put(old))
        self.assertEqual(list(self.commit(Put(new)).changes), [Replaced(new, old)])
        self.assertEqual(self.store.get(old.key), new)

    def test_replaceQuietly(self) -> None:
        """A quiet Put is read as any other; its Replaced says that the new content is no news."""
        old, new = makeElement(text="1"), makeElement(text="2", lifetime=Lifetime(0.0, 3.0, 4.0))
        self.commit(Put(old))
        changes = self.commit(Put(new, isQuiet=True))
        self.assertEqual(list(changes.changes), [Replaced(new, old, isQuiet=True)])
        self.assertEqual(self.heard[-1], changes)
        self.assertEqual(self.store.get(old.key), new)
        self.assertEqual(self.found("{urn:a}one"), ["http://a/  2"])

    def test_quietNewOrSame(self) -> None:
        """A quiet Put of a value that is new, or says the same for another time, is as any Put."""
        old = makeElement(lifetime=Lifetime(0.0, 1.0, 2.0))
        new = old.withLifetime(Lifetime(0.0, 3.0, 4.0))
        self.assertEqual(list(self.commit(Put(old, isQuiet=True)).changes), [Added(old)])
        changes = self.commit(Put(new, isQuiet=True))
        self.assertEqual(list(changes.changes), [Extended(new, old.lifetime)])
        self.assertEqual(list(self.commit(Put(new, isQuiet=True)).changes), [])

    def test_quietBesideOthers(self) -> None:
        """Where a commit touches a value otherwise too, its outcome is news; other values of the commit stay quiet."""
        first, second, third = (makeElement(text=text) for text in "123")
        other, changed = makeElement(key="2"), makeElement(key="2", text="2")
        self.commit(Put(first), Put(other))
        changes = self.commit(Put(second), Put(changed, isQuiet=True), Put(third, isQuiet=True))
        self.assertEqual(
            list(changes.changes), [Replaced(third, first), Replaced(changed, other, isQuiet=True)]
        )
        changes = self.commit(Put(second, isQuiet=True), Put(first))
        self.assertEqual(list(changes.changes), [Replaced(first, third)])

    def test_quietOtherWay(self) -> None:
        """A value that came another way is news, however quietly it was put."""
        old = makeElement()
        new = attrs.evolve(old, path=("a",), tail=b">2</n:one>")
        self.commit(Put(old))
        self.assertEqual(
            list(self.commit(Put(new, isQuiet=True)).changes), [Replaced(new, old, isQuiet=False)]
        )

    def test_extendByPut(self) -> None:
        """The same content with another lifetime is told as Extended."""
        old = makeElement(lifetime=Lifetime(0.0, 1.0, 2.0))
        new = old.withLifetime(Lifetime(0.0, 3.0, 4.0))
        self.commit(Put(old))
        self.assertEqual(list(self.commit(Put(new)).changes), [Extended(new, old.lifetime)])

    def test_putAgain(self) -> None:
        """The same value again changes nothing: no revision, no word to observers."""
        self.commit(Put(makeElement()))
        revision = self.store.revision
        changes = self.commit(Put(makeElement()))
        self.assertEqual((changes.revision, list(changes.changes)), (revision, []))
        self.assertEqual(len(self.heard), 1)

    def test_extend(self) -> None:
        """Extend gives another lifetime, and does nothing for a value that is not there."""
        old = makeElement(lifetime=Lifetime(0.0, 1.0, 2.0))
        self.commit(Put(old))
        lifetime = Lifetime(0.0, 5.0, 6.0)
        missing = ElementKey(ONE, "http://b/")
        changes = self.commit(Extend(missing, lifetime), Extend(old.key, lifetime))
        new = old.withLifetime(lifetime)
        self.assertEqual(list(changes.changes), [Extended(new, old.lifetime)])

    def test_extendGone(self) -> None:
        """A value that is gone cannot be extended, swept or not."""
        old = makeElement(lifetime=Lifetime(0.0, 1.0, 1.0))
        self.commit(Put(old))
        self.time.rightNow = 1.0
        self.commit(Extend(old.key, Lifetime(0.0)))
        self.assertIsNone(self.store.get(old.key))

    def test_remove(self) -> None:
        """Remove takes a value away on purpose, and does nothing for one that is not there."""
        element = makeElement()
        self.commit(Put(element))
        changes = self.commit(Remove(element.key), Remove(ElementKey(ONE, "http://b/")))
        self.assertEqual(list(changes.changes), [Removed(element, expired=False)])
        self.assertIsNone(self.store.get(element.key))

    def test_replaceAll(self) -> None:
        """ReplaceAll leaves exactly the given values of a name and an originator; those of others stay."""
        stays = makeElement(originator="http://b/", key="1")
        other = makeElement("{urn:a}two", key="1")
        kept, gone = makeElement(key="1"), makeElement(key="2")
        self.commit(Put(stays), Put(other), Put(kept), Put(gone))
        new = makeElement(key="3")
        changes = self.commit(ReplaceAll(ONE, "http://a/", [kept, new]))
        self.assertEqual(list(changes.changes), [Added(new), Removed(gone)])
        self.assertEqual(
            self.found("{urn:a}one", "{urn:a}two"),
            ["http://b/ 1 1", "http://a/ 1 1", "http://a/ 3 1", "http://a/ 1 1"],
        )

    def test_oneEntryAValue(self) -> None:
        """A commit that touches a value twice tells its outcome once."""
        first, second, third = (makeElement(text=text) for text in "123")
        self.assertEqual(list(self.commit(Put(first), Put(second)).changes), [Added(second)])
        changes = self.commit(Remove(first.key), Put(third))
        self.assertEqual(list(changes.changes), [Replaced(third, second)])
        self.assertEqual(list(self.commit(Put(second), Put(third)).changes), [])

    def test_count(self) -> None:
        """Its length is how many values are kept: one that is gone counts until it is swept, and not longer."""
        self.assertEqual(len(self.store), 0)
        ends = makeElement(key="1", lifetime=Lifetime(0.0, 1.0, 2.0))
        self.commit(Declare([TWO]), Put(ends), Put(makeElement(key="2")), Put(makeElement(key="3")))
        self.commit(Put(makeElement(key="2", text="2")), Remove(makeElement(key="3").key))
        self.assertEqual(len(self.store), 2)
        self.time.advance(2.0)
        self.sweep()
        self.assertEqual(len(self.store), 1)

    def test_allOrNone(self) -> None:
        """A commit with one command in error changes nothing and tells nobody."""
        stranger = makeElement(originator="http://b/")
        self.refused(
            ParameterError,
            Declare([TWO]),
            Put(makeElement()),
            ReplaceAll(ONE, "http://a/", [stranger]),
            Put(makeElement(key="2")),
        )
        self.assertEqual(self.store.revision, 0)
        self.assertEqual(self.heard, [])
        self.assertEqual(list(self.store.names()), [])
        self.assertIsNone(self.store.get(makeElement().key))

    def test_revision(self) -> None:
        """The revision grows by one with every commit that changed something."""
        before = self.store.revision
        self.commit(Put(makeElement()), Put(makeElement(key="2")))
        self.assertEqual(self.store.revision, before + 1)
        self.assertEqual(self.heard[-1].revision, before + 1)
        self.assertEqual(self.result(self.store.sync()), before + 1)
