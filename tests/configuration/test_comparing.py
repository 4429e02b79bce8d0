"""What tells two configurations apart."""

import math
from datetime import UTC, datetime, timedelta, timezone

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import readConfiguration
from gma_twisted.configuration.comparing import differences, same


class SameTests(SynchronousTestCase):
    """Values."""

    def test_same(self) -> None:
        """Equal values of one type are the same, NaN included, in whatever order a table has them."""
        values = (
            1,
            1.5,
            math.nan,
            True,
            "a",
            [1, [2]],
            {"a": 1, "b": {}},
            None,
            datetime(2026, 1, 1),
        )
        for value in values:
            self.assertTrue(same(value, value), value)
        self.assertTrue(same({"a": 1, "b": [2]}, {"b": [2], "a": 1}))

    def test_different(self) -> None:
        """What Python calls equal may mean something else to who is given it."""
        utc = datetime(2026, 1, 1, 12, tzinfo=UTC)
        there = utc.astimezone(timezone(timedelta(hours=1)))
        self.assertEqual(utc, there)
        pairs = ((1, True), (1, 1.0), (0.0, -0.0), (0, False), (utc, there), ([1], [1.0]), ("1", 1))
        for one, other in (*pairs, ({"a": 1}, {"a": True}), ([1], [1, 1]), ({}, {"a": None})):
            self.assertFalse(same(one, other), (one, other))


class DifferencesTests(SynchronousTestCase):
    """Configurations."""

    def found(self, one: str, other: str, *without: str) -> list[str]:
        """The names."""
        read = [readConfiguration(text, "vo.toml")[0] for text in (one, other)]
        return list(differences(read[0], read[1], without))

    def test_none(self) -> None:
        """Comments, order, and defaults that are spelled out make no difference."""
        one = "[node]\nname = 'n'\ninsecure = false\n[store]\n[factory.a]\nclass = 'm:C'\narguments = { a = 1, b = 2 }"
        other = (
            "# x\n[factory.a]\narguments = { b = 2, a = 1 }\nclass = 'm:C'\n[node]\nname = 'n'\n"
        )
        self.assertEqual(self.found(one, other), [])

    def test_keys(self) -> None:
        """Keys by their name in the file, sections by theirs, in the order of the sections."""
        text = (
            "[sde.'{urn:e}S']\n[factory.a]\nclass = 'm:C'\n[store]\nkeep_service_data = true\n"
            "[limits]\nmax_body = '1KiB'\n[node]\nlisten = 'tcp:1:interface=127.0.0.1'\n"
            "[providers.p]\nclass = 'm:C'\n"
        )
        told = [
            "limits.max_body",
            "node.listen",
            "store.keep_service_data",
            "factory.a",
            "providers.p",
            'sde."{urn:e}S"',
        ]
        self.assertEqual(self.found("", text), told)
        self.assertEqual(self.found(text, ""), told)
        self.assertEqual(
            self.found(text, "", "providers", "sde", "limits"),
            ["node.listen", "store.keep_service_data", "factory.a"],
        )

    def test_section(self) -> None:
        """One argument of one section."""
        text = "[factory.a]\nclass = 'm:C'\narguments = {{ deep = [{{ x = {} }}] }}"
        self.assertEqual(self.found(text.format(1), text.format("true")), ["factory.a"])
