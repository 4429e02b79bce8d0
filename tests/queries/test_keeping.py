"""Kept questions: each change of an answer told once, across looks, workers and limits."""

from gma_twisted.errors import (
    Busy,
    ExtensibilityTypeError,
    GMAError,
    ServiceError,
    TimedOut,
    TooLarge,
)
from gma_twisted.evaluation.messages import Changed, Look, Unwatch, Watch
from gma_twisted.evaluation.messages import Put as Told
from gma_twisted.model import Language, Lifetime, Put, Remove
from gma_twisted.processes import Ending
from gma_twisted.queries.poollimits import PoolLimits
from gma_twisted.testing.storemodel import makeElement
from tests.queries.fakeworker import FakeWorker
from tests.queries.poolcase import PoolCase, question

ONE, TWO = "{urn:a}one", "{urn:a}two"


class Hearer:
    """Remembers what it was told of one question."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.refusals: list[GMAError] = []


def _begun(worker: FakeWorker) -> list[int]:
    """How many questions began with each look at which some did."""
    found = [0]
    for order in worker.orders:
        if isinstance(order, Watch):
            found[-1] += 1
        elif isinstance(order, Look):
            found.append(0)
    return [count for count in found if count]


class KeepingCase(PoolCase):
    """Kept questions."""

    limits = PoolLimits(timeout=10.0, cpu=5.0, elements=2000, kept=5)

    def watch(self, text: str = "list", *names: str) -> Hearer:
        """Keep a question; its end is C{self.stop}."""
        hearer = Hearer()
        self.stop = self.pool.watch(
            question(text, *names), hearer.answers.append, hearer.refusals.append
        )
        return hearer


class TellingTests(KeepingCase):
    """What is told."""

    def test_first(self) -> None:
        """The first answer is told, from a worker of its own, and nothing within the call."""
        self.commit(Put(makeElement()))
        hearer = self.watch()
        self.assertEqual((hearer.answers, hearer.refusals), ([], []))
        self.advance(0.5)
        self.assertEqual(hearer.answers, [self.expected()])
        self.assertEqual(len(self.fleet.started), 1)
        self.assertEqual(self.pool.figures()["kept"], 1)

    def test_changes(self) -> None:
        """Each change of the answer is told once; what changes other values is not."""
        hearer = self.watch("list", ONE)
        self.advance(0.5)
        expected = [b""]
        for command in (
            Put(makeElement()),
            Put(makeElement(text="2")),
            Put(makeElement(name=TWO)),
            Remove(makeElement().key),
        ):
            self.commit(command)
            answer = self.expected(ONE)
            if answer != expected[-1]:
                expected.append(answer)
            self.advance(0.2)
        self.assertEqual(hearer.answers, expected)
        self.assertEqual(len(expected), 4)

    def test_quiet(self) -> None:
        """Without a change nobody looks."""
        self.watch()
        self.advance(1.0)
        (worker,) = self.fleet.started
        before = len(worker.orders)
        self.advance(60.0)
        self.assertEqual(len(worker.orders), before)

    def test_pace(self) -> None:
        """However often values change, it is looked every 50 ms at most, and at the last change, too."""
        hearer = self.watch()
        self.advance(1.0)
        (worker,) = self.fleet.started
        before = len(worker.told(Look))
        for number in range(100):
            self.commit(Put(makeElement(text=str(number))))
            self.advance(0.01)
        self.assertLessEqual(len(worker.told(Look)) - before, 20)
        self.assertGreater(len(worker.told(Look)) - before, 10)
        self.advance(0.2)
        self.assertEqual(hearer.answers[-1], self.expected())

    def test_stale(self) -> None:
        """When a value turns stale or goes, it is looked: by then it says so, or is no more."""
        self.commit(Put(makeElement(lifetime=Lifetime(0.0, 5.0, 8.0))))
        hearer = self.watch()
        self.advance(4.0)
        (worker,) = self.fleet.started
        self.assertEqual(len(worker.told(Look)), 1)
        self.advance(2.0)
        self.assertEqual(len(worker.told(Look)), 2)
        self.advance(3.0)
        self.assertEqual(hearer.answers[1:], [b""])

    def test_several(self) -> None:
        """Several are looked at together; one that ends is told nothing more, and is forgotten."""
        first = self.watch("list", ONE)
        stop = self.stop
        second = self.watch("list", TWO)
        self.advance(0.5)
        stop()
        stop()
        self.commit(Put(makeElement()), Put(makeElement(name=TWO)))
        self.advance(0.5)
        self.assertEqual(len(first.answers), 1)
        self.assertEqual(second.answers, [b"", self.expected(TWO)])
        (worker,) = self.fleet.started
        self.assertEqual(worker.told(Unwatch), [Unwatch(1)])
        self.assertEqual([key.name.localName for key in worker.values], ["two"])

    def test_last(self) -> None:
        """With the last question the worker ends; the next one has another."""
        self.watch()
        self.advance(0.5)
        self.stop()
        self.advance(0.5)
        self.assertEqual(self.fleet.alive, [])
        hearer = self.watch()
        self.advance(0.5)
        self.assertEqual(hearer.answers, [b""])
        self.assertEqual(self.pool.figures()["restarts"], 0)

    def test_wallClock(self) -> None:
        """When the wall clock was set, every value is told again before it is looked."""
        self.commit(Put(makeElement()))
        self.watch()
        self.advance(0.5)
        self.wall += 10.0
        self.commit(Put(makeElement(name=TWO)))
        self.advance(0.5)
        (worker,) = self.fleet.started
        self.assertEqual([len(one.elements) for one in worker.told(Told)], [1, 1, 1])  # type: ignore[union-attr]
        look = worker.told(Look)[-1]
        self.assertEqual(look.offset, self.wall)  # type: ignore[union-attr]


class PaceTests(KeepingCase):
    """XQuery, which begins anew each time."""

    language = Language.XQUERY

    def test_pace(self) -> None:
        """It is looked every half second at most, and after ten times of what it took."""
        self.watch()
        self.advance(1.0)
        (worker,) = self.fleet.started
        for took, most in ((0.01, 11), (0.3, 4)):
            self.fleet.looking = took
            self.commit(Put(makeElement(text="first")))
            self.advance(1.0)
            before = len(worker.told(Look))
            for number in range(50):
                self.commit(Put(makeElement(text=str(number))))
                self.advance(0.1)
            looks = len(worker.told(Look)) - before
            self.assertLessEqual(looks, most)
            self.assertGreaterEqual(looks, most // 4)


class BeginningTests(KeepingCase):
    """Many questions that begin."""

    limits = PoolLimits(timeout=10.0, cpu=5.0, elements=2000, kept=20)

    def test_few(self) -> None:
        """A few are looked at together, as many as take 0.2 s: who is there hears of changes meanwhile."""
        self.fleet.looking = 0.1
        first = self.watch("list", ONE)
        self.advance(1.0)
        (worker,) = self.fleet.started
        others = [self.watch("list", TWO) for _ in range(10)]
        self.commit(Put(makeElement()))
        self.advance(1.0)
        self.assertEqual(first.answers, [b"", self.expected(ONE)])
        self.assertEqual([one.answers for one in others], [[b""]] * 10)
        # The first of them at once; and what a look of this worker takes does not depend on how many begin.
        self.assertEqual(_begun(worker), [1, 1, 2, 4, 3])


class RefusingTests(KeepingCase):
    """Questions that are not kept any longer."""

    def test_refused(self) -> None:
        """What the worker refuses is refused, once, and the others go on."""
        good = self.watch()
        bad = self.watch("bad")
        self.advance(0.5)
        (error,) = bad.refusals
        self.assertIsInstance(error, ExtensibilityTypeError)
        self.assertEqual(self.pool.figures()["kept"], 1)
        self.commit(Put(makeElement()))
        self.advance(0.5)
        self.assertEqual(good.answers, [b"", self.expected()])

    def test_most(self) -> None:
        """So many are kept."""
        for _ in range(5):
            self.watch()
        with self.assertRaisesRegex(Busy, "5 questions are kept, the bound .* query_kept"):
            self.watch()

    def test_culprit(self) -> None:
        """The question that ends its worker is refused with the reason; the others are kept by the next worker."""
        good = self.watch()
        self.advance(0.5)
        for text, kind in (("burn", TimedOut), ("crash", ServiceError), ("eat", TooLarge)):
            bad = self.watch(text)
            self.advance(2.0)
            (error,) = bad.refusals
            self.assertIsInstance(error, kind)
            self.commit(Put(makeElement(key=text)))
            self.advance(0.5)
            self.assertEqual(good.answers[-1], self.expected())
        self.assertEqual(good.refusals, [])
        self.assertEqual(len(good.answers), 4)
        self.assertEqual(self.pool.figures()["restarts"], 3)

    def test_hang(self) -> None:
        """One that does not end within its time is killed and refused."""
        good = self.watch()
        bad = self.watch("hang")
        self.advance(9.0)
        self.assertEqual(bad.refusals, [])
        self.advance(3.0)
        (error,) = bad.refusals
        self.assertIn("query_timeout", error.message)
        self.advance(1.0)
        self.assertEqual(good.answers, [b""])

    def test_hangOfOne(self) -> None:
        """The time is that of one question: several may take longer together."""
        first, second = self.watch("hang"), self.watch("list")
        self.advance(6.0)
        (worker,) = self.fleet.started
        worker.page = 2
        self.advance(6.0)
        self.assertEqual(worker.isDead, False)
        self.advance(6.0)
        self.assertEqual(len(second.refusals), 1)
        self.assertEqual(len(first.refusals), 0)

    def test_processor(self) -> None:
        """One that uses up its processor time is killed and refused; before, the kernel has a bound, too."""
        bad = self.watch("hang")
        self.advance(0.5)
        (worker,) = self.fleet.started
        self.assertEqual(worker.limit, 7.0)
        self.advance(1.0)
        worker.used = 6.0
        self.advance(2.0)
        (error,) = bad.refusals
        self.assertIn("query_cpu", error.message)

    def test_tooMany(self) -> None:
        """A question about more values than there is room for is refused, those before it go on."""
        self.commit(*(Put(makeElement(key=str(number))) for number in range(1500)))
        self.commit(*(Put(makeElement(name=TWO, key=str(number))) for number in range(1500)))
        good = self.watch("list", ONE)
        self.advance(0.5)
        bad = self.watch("list", TWO)
        self.advance(0.5)
        (error,) = bad.refusals
        self.assertIsInstance(error, TooLarge)
        self.commit(Put(makeElement(key="1", text="new")))
        self.advance(0.5)
        self.assertEqual(good.answers[-1], self.expected(ONE))
        self.assertEqual(good.refusals, [])


class EndingTests(KeepingCase):
    """Workers that end by themselves."""

    def test_restart(self) -> None:
        """After a restart only an answer that is another one than that told last is told."""
        self.commit(Put(makeElement()))
        same = self.watch("list", TWO)
        other = self.watch("list", ONE)
        self.advance(0.5)
        self.fleet.started[0].kill()
        self.commit(Put(makeElement(text="2")))
        self.advance(3.0)
        self.assertEqual(len(self.fleet.alive), 1)
        self.assertEqual(len(self.fleet.started[1].told(Watch)), 2)
        self.assertEqual(same.answers, [b""])
        self.assertEqual(len(other.answers), 2)
        self.assertEqual(other.answers[-1], self.expected(ONE))

    def test_lifetimes(self) -> None:
        """Answers that differ in lifetimes only are the same to the one who was told."""
        heard: list[bytes] = []
        self.pool.watch(question(), heard.append, self.fail)
        self.advance(0.5)
        (worker,) = self.fleet.started
        for body in (b'<a ogsi:goodUntil="1"/>', b'<a ogsi:goodUntil="2"/>', b"<b/>"):
            worker.say(Changed(1, body))
            self.advance(0.1)
        self.assertEqual(heard, [b"", b'<a ogsi:goodUntil="1"/>', b"<b/>"])

    def test_cannotStart(self) -> None:
        """When no worker can be started for long, all are refused and told why."""
        self.fleet.dies = Ending(1, None, "No module named gma_twisted")
        hearers = [self.watch(), self.watch("list", ONE)]
        self.advance(60.0)
        for hearer in hearers:
            (error,) = hearer.refusals
            self.assertIn("No module named gma_twisted", error.message)
        self.assertEqual(self.pool.figures()["kept"], 0)
        self.assertLess(len(self.fleet.started), 10)

    def test_cannotStartYet(self) -> None:
        """When one can be started in time, nobody notices."""
        self.fleet.failure = "no memory"
        hearer = self.watch()
        self.advance(1.0)
        self.fleet.failure = ""
        self.advance(5.0)
        self.assertEqual((hearer.answers, hearer.refusals), ([b""], []))

    def test_stop(self) -> None:
        """When the pool stops, nothing more is told."""
        hearer = self.watch()
        self.end()
        self.assertEqual((hearer.answers, hearer.refusals), ([], []))
        with self.assertRaises(Busy):
            self.watch()
