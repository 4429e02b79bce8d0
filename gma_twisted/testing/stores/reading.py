"""Reading: known names, selectors, pages."""

from gma_twisted.errors import ParameterError, TargetInvalid
from gma_twisted.model import (
    Declare,
    Lifetime,
    NameQuery,
    NameSelector,
    Put,
    QName,
    Remove,
    ReplaceAll,
)
from gma_twisted.testing.storemodel import makeElement
from gma_twisted.testing.stores.stand import ONE, TWO, StoreStand, asking, shown

__all__ = ["ReadingContract"]


class ReadingContract(StoreStand):
    """What a query by names finds."""

    def test_known(self) -> None:
        """A name is known while declared or with a value; known without values answers nothing, unknown is an error."""
        element = makeElement(lifetime=Lifetime(0.0, 1.0, 2.0))
        self.assertRaises(TargetInvalid, self.store.find, asking("{urn:a}one"))
        self.commit(Declare([ONE]))
        self.assertEqual(list(self.store.names()), [ONE])
        self.assertEqual(self.found("{urn:a}one"), [])
        self.commit(Put(element), Declare([ONE], known=False))
        self.assertEqual(len(self.found("{urn:a}one")), 1)
        self.commit(Declare([ONE]))
        self.time.rightNow = 2.0
        self.assertEqual(self.found("{urn:a}one"), [])
        self.commit(Declare([ONE], known=False))
        self.assertRaises(TargetInvalid, self.store.find, asking("{urn:a}one"))

    def test_declarationsAreTold(self) -> None:
        """Observers hear which names were declared and which are no longer; nothing, when nothing changed."""
        self.commit(Declare([ONE]))
        self.commit(Declare([ONE]))
        self.commit(Declare([ONE], known=False))
        told = [list(changes.declared) for changes in self.heard]
        self.assertEqual(told, [[(ONE, True)], [(ONE, False)]])

    def test_namesSorted(self) -> None:
        """Known names are sorted by namespace and local name."""
        names = [QName("urn:b", "a"), QName("urn:a", "z"), QName("", "x"), QName("urn:a", "b")]
        self.commit(Declare(names))
        self.assertEqual(list(self.store.names()), sorted(names))

    def test_selectors(self) -> None:
        """Values come in the order of the selectors; originator and key narrow them; each comes once."""
        for originator in ("http://a/", "http://b/"):
            for key in ("1", "2"):
                self.commit(Put(makeElement(originator=originator, key=key)))
        self.commit(Put(makeElement("{urn:a}two")))
        query = NameQuery(
            (
                NameSelector(TWO),
                NameSelector(ONE, "http://b/", "2"),
                NameSelector(ONE, None, "1"),
                NameSelector(ONE, "http://a/"),
                NameSelector(QName("urn:a", "*")),
            )
        )
        self.assertEqual(
            [shown(element) for element in self.store.find(query).elements],
            ["http://a/  1", "http://b/ 2 1", "http://a/ 1 1", "http://b/ 1 1", "http://a/ 2 1"],
        )

    def test_wildcard(self) -> None:
        """A wildcard selects every name of its namespace, and none is no error."""
        self.commit(Put(makeElement("{urn:a}two", text="2")), Put(makeElement()))
        self.commit(Put(makeElement("{urn:b}one", text="3")))
        self.assertEqual(self.found("{urn:a}*"), ["http://a/  1", "http://a/  2"])
        self.assertEqual(self.found("{urn:c}*"), [])

    def test_pages(self) -> None:
        """Pages put together are the whole answer, none larger than the limit."""
        for index in range(23):
            self.commit(Put(makeElement("{urn:a}" + "xyz"[index % 3], key=str(index))))
        whole = list(self.store.find(asking("{urn:a}*")).elements)
        for limit in (1, 7, 22, 23, 24):
            pages = self.pages(asking("{urn:a}*", limit=limit))
            self.assertEqual([element for page in pages for element in page], whole)
            self.assertTrue(all(len(page) <= limit for page in pages))

    def test_cursorUnderChanges(self) -> None:
        """A cursor stays good: a replaced value keeps its place, the row it stands on may go, new ones come last."""
        for key in "123456":
            self.commit(Put(makeElement(key=key)))
        first = self.store.find(asking("{urn:a}one", limit=2))
        self.commit(Remove(makeElement(key="2").key), Put(makeElement(key="1", text="x")))
        self.commit(Put(makeElement(key="4", text="x")), Put(makeElement(key="2")))
        self.commit(Remove(makeElement(key="3").key))
        rest = self.store.find(asking("{urn:a}one", limit=9, cursor=first.cursor))
        self.assertEqual([element.key.key for element in rest.elements], ["4", "5", "6", "2"])

    def test_cursorOfEnded(self) -> None:
        """A name that ends while its pages are read has no more values, and is no error."""
        self.commit(Put(makeElement(key="1")), Put(makeElement(key="2")))
        cursor = self.store.find(asking("{urn:a}one", limit=1)).cursor
        self.commit(ReplaceAll(ONE, "http://a/", []))
        rest = self.store.find(asking("{urn:a}one", limit=1, cursor=cursor))
        self.assertEqual((list(rest.elements), rest.cursor), ([], None))

    def test_foreignCursors(self) -> None:
        """A cursor that was made up, altered, or made for other names or by another store is a ParameterError."""
        other = self.makeStore(self.clock)
        self.result(other.start())
        for store in (self.store, other):
            self.result(store.commit([Put(makeElement(key=key)) for key in "12"]))
            self.result(store.commit([Put(makeElement("{urn:a}two", key=key)) for key in "12"]))
        cursor = self.store.find(asking("{urn:a}one", limit=1)).cursor
        foreign = other.find(asking("{urn:a}one", limit=1)).cursor
        assert cursor is not None and foreign is not None
        altered = ("A" if cursor[0] != "A" else "B") + cursor[1:]
        for bad in ("", "x", "é", "AAAA" * 9, altered, cursor[:-1], foreign, "A" * 10_000):
            query = asking("{urn:a}one", limit=1, cursor=bad)
            self.assertRaises(ParameterError, self.store.find, query)
        query = asking("{urn:a}two", limit=1, cursor=cursor)
        self.assertRaises(ParameterError, self.store.find, query)
        self.result(other.stop())
