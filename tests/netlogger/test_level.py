"""How important an event is."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError
from gma_twisted.model.event import Event, EventField, Value
from gma_twisted.netlogger.level import LEVELS, isAtLevel, levelOf


def said(level: Value | None) -> Event:
    """An event that says its level."""
    made = Event("e", 0.0)
    made.add(EventField("level", level))
    return made


class LevelTests(SynchronousTestCase):
    """L{levelOf} and L{isAtLevel}."""

    def test_words(self) -> None:
        """Those of NetLogger in any case, their numbers, and those of syslog."""
        for number, name in LEVELS.items():
            for text in (name, name.upper(), f" {name.lower()} ", str(number)):
                self.assertEqual(levelOf(text), number)
        for word, number in (("ALERT", 1), ("critical", 1), ("WARNING", 3), ("NOTICE", 4)):
            self.assertEqual(levelOf(word), number)

    @given(st.text(max_size=8))
    def test_others(self, text: str) -> None:
        """Any other text is refused, or a number from 0 to 9."""
        try:
            self.assertIn(levelOf(text), LEVELS)
        except ParameterError as error:
            self.assertIn("write one of NOLOG", str(error))

    @given(st.sampled_from(sorted(LEVELS)), st.sampled_from(sorted(LEVELS)))
    def test_order(self, own: int, most: int) -> None:
        """What is more important than asked for is at the level; by name and by number."""
        for level in (LEVELS[own], own, str(own)):
            self.assertEqual(isAtLevel(said(level), most), own <= most)

    def test_unsaid(self) -> None:
        """An event that does not say, or says nothing known, is at every level."""
        for level in (None, "loud", True, 2.5, 77, b"Debug"):
            self.assertTrue(isAtLevel(said(level), 0))
        self.assertTrue(isAtLevel(Event("e", 0.0), 0))
