"""Rows in order behave as a sorted list, whatever is added and removed."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.stores.rows import OrderedRows, Row
from gma_twisted.testing.storemodel import makeElement

ELEMENT = makeElement()


class OrderedRowsTests(SynchronousTestCase):
    """OrderedRows against a list."""

    @settings(max_examples=20)
    @given(st.randoms(use_true_random=False), st.floats(0.05, 0.95))
    def test_asAList(self, random: Random, removing: float) -> None:
        """After any adding and removing it holds the same rows, and goes on from any place in the same way."""
        rows: OrderedRows[Row] = OrderedRows()
        model: list[Row] = []
        serial = 0
        for _ in range(random.randrange(3000)):
            if model and random.random() < removing:
                rows.remove(model.pop(random.randrange(len(model))))
            else:
                serial += 1
                model.append(Row(ELEMENT, serial))
                rows.append(model[-1])
        self.assertEqual(len(rows), len(model))
        self.assertEqual(list(rows), model)
        for after in (0, serial // 3, serial - 1, serial):
            self.assertEqual(list(rows.after(after)), [r for r in model if r.serial > after])

    def test_sparse(self) -> None:
        """Removing most of many rows leaves few leaves behind."""
        rows: OrderedRows[Row] = OrderedRows()
        made = [Row(ELEMENT, serial) for serial in range(1, 20_001)]
        for row in made:
            rows.append(row)
        for row in made:
            if row.serial % 100:
                rows.remove(row)
        self.assertEqual([row.serial for row in rows], list(range(100, 20_001, 100)))
        self.assertLess(len(rows._leaves), 10)
