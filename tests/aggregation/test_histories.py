"""Random histories of two sources that offer the values of one originator, each with its own delay and gaps."""

from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gma_twisted.aggregation import Inflow
from gma_twisted.markup import ReceivedValue
from tests.aggregation.stand import SOURCE, WALL, IntakeCase, changes, key, value

OTHER = "http://other:8480/services/index"
KEYS = ("", "k1", "k2")


class _Upstream:
    """What a source has: of every key the number of a version, and when it ends."""

    def __init__(self, inflow: Inflow, path: str) -> None:
        self.inflow = inflow
        self.path = path
        self.has: dict[str, tuple[int, float]] = {}

    def value(self, text: str) -> ReceivedValue:
        """A value of it as it is sent."""
        number, until = self.has[text]
        return value(
            text,
            str(number),
            good=WALL + until - 5.0,
            available=WALL + until,
            created=float(number),
            path=(self.path,),
        )


class HistoryTests(IntakeCase):
    """Every history ends well."""

    @settings(max_examples=150, suppress_health_check=list(HealthCheck))
    @given(st.randoms(use_true_random=False))
    def test_anyHistory(self, random: Random) -> None:
        """
        Nothing is here that no source offered, nor longer than one of them said; what they offer is counted; and
        after a snapshot of both the newest of every key is here, and nothing else.
        """
        self.setUp()
        both = (_Upstream(self.inflow, "a"), _Upstream(self.open(OTHER), "b"))
        versions = dict.fromkeys(KEYS, 0)
        longest: dict[tuple[str, str], float] = {}
        for _ in range(random.randrange(1, 40)):
            one = random.choice(both)
            self.step(random, one, versions)
            for text, (number, until) in one.has.items():
                which = (text, str(number))
                longest[which] = max(until, longest.get(which, 0.0))
            self.time.advance(random.choice((0.0, 0.5, 2.0, 7.0)))
            self.check(both, longest)
        for one in both:
            # Now both know of the newest.
            for text in one.has:
                one.has[text] = (versions[text], self.time.seconds() + 50.0)
            self.snapshot(one)
        expected = {text: str(versions[text]) for one in both for text in one.has}
        self.assertEqual(self.contents(), expected)
        for one in both:
            one.has.clear()
            self.snapshot(one)
        self.assertEqual(self.contents(), {})

    def step(self, random: Random, one: _Upstream, versions: dict[str, int]) -> None:
        """Something happens at a source."""
        text = random.choice(KEYS)
        until = self.time.seconds() + random.choice((6.0, 10.0, 30.0))
        action = random.choice(("new", "seen", "extend", "extend", "remove", "snapshot", "lost"))
        if action == "new":
            versions[text] += 1
        if action in ("new", "seen"):
            # It may still have an older one, and never goes back.
            least = one.has.get(text, (0, 0.0))[0]
            one.has[text] = (random.randint(least, versions[text]), until)
            self.send(one, changes(one.value(text)))
        elif action == "extend" and text in one.has:
            one.has[text] = (one.has[text][0], until)
            self.send(one, changes(extend=[(text, WALL + until - 5.0, WALL + until)]))
        elif action == "remove" and text in one.has:
            del one.has[text]
            self.send(one, changes(remove=[text]))
        elif action == "lost":
            # A notice that never comes: a snapshot follows.
            one.has.pop(text, None)
            self.snapshot(one)
        elif action == "snapshot":
            self.snapshot(one)
        if one.inflow.isIncomplete:
            self.snapshot(one)

    def send(self, one: _Upstream, notice: object) -> None:
        """It says something."""
        self.apply(notice, WALL + self.time.seconds(), inflow=one.inflow)  # type: ignore[arg-type]

    def snapshot(self, one: _Upstream) -> None:
        """It says everything that is not over."""
        now = self.time.seconds()
        one.has = {text: kept for text, kept in one.has.items() if kept[1] > now}
        notice = changes(*map(one.value, one.has), isEnd=True)
        self.apply(notice, WALL + now, True, one.inflow)

    def check(self, both: tuple[_Upstream, ...], longest: dict[tuple[str, str], float]) -> None:
        """See L{test_anyHistory}."""
        for text, content in self.contents().items():
            element = self.store.get(key(text, SOURCE))
            assert element is not None
            self.assertLess(element.lifetime.availableUntil, longest[text, content] + 1e-3)
            self.assertIn(element.path, (("a", "me"), ("b", "me")))
        for one in both:
            self.assertEqual(one.inflow.values, len(one.has))
            self.assertFalse(one.inflow.isIncomplete)
