"""Kept questions: each change of an answer told once, across looks, workers and limits."""

from functools import partial

from gma_twisted.errors import (
    Busy,
    ExtensibilityTypeError,
    GMAError,
    ServiceError,
    TimedOut,
    TooLarge,
)
from gma_twisted.evaluation.bounds import OUT_OF_MEMORY
from gma_twisted.evaluation.messages import Look, Looked, Unwatch, Watch
from gma_twisted.evaluation.messages import Put as Told
from gma_twisted.model import Answer, Language, Lifetime, NameQuery, Put, Remove
from gma_twisted.processes import Ending
from gma_twisted.queries.kept import Kept
from gma_twisted.queries.poollimits import PoolLimits
from gma_twisted.stores import MemoryStore
from gma_twisted.testing.storemodel import makeElement
from gma_twisted.timing import toDeferred
from tests.queries.counting import callsOf
from tests.queries.fakeworker import NOTHING, FakeWorker
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
        expected = [NOTHING]
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
        self.assertEqual(hearer.answers[1:], [NOTHING])

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
        self.assertEqual(second.answers, [NOTHING, self.expected(TWO)])
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
        self.assertEqual(hearer.answers, [NOTHING])
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
        self.assertEqual(first.answers, [NOTHING, self.expected(ONE)])
        self.assertEqual([one.answers for one in others], [[NOTHING]] * 10)
        # The first of them at once; and what a look of this worker takes does not depend on how many begin.
        self.assertEqual(_begun(worker), [1, 1, 2, 4, 3])


class TurnTests(KeepingCase):
    """Questions whose turn has not come."""

    def test_turn(self) -> None:
        """It is looked again when the turn of a question comes that the worker has put off, and not before."""
        self.fleet.resting = 3.0
        self.watch()
        self.advance(1.0)
        (worker,) = self.fleet.started
        self.assertEqual(len(worker.told(Look)), 1)
        self.advance(1.5)
        self.assertEqual(len(worker.told(Look)), 1)
        self.fleet.resting = None
        self.advance(1.0)
        self.assertEqual(len(worker.told(Look)), 2)
        self.advance(60.0)
        self.assertEqual(len(worker.told(Look)), 2)

    def test_lie(self) -> None:
        """A worker that says it took more time than there was is believed what there was."""
        self.fleet.looking = 1.0
        self.watch()
        self.advance(0.5)
        (worker,) = self.fleet.started
        look = worker.told(Look)[0]
        worker.say(Looked(look.id, 1e9))  # type: ignore[union-attr]
        self.advance(0.2)
        self.assertLess(self.pool.figures()["lookSeconds"], 1.0)


class LongPaceTests(KeepingCase):
    """XQuery that takes long."""

    language = Language.XQUERY

    def test_pause(self) -> None:
        """After a look that took long the others wait two seconds, not ten times of what it took."""
        self.fleet.looking = 3.0
        hearer = self.watch()
        self.advance(4.0)
        self.fleet.looking = 0.0
        self.commit(Put(makeElement()))
        self.advance(3.0)
        self.assertEqual(hearer.answers[-1], self.expected())


class ShareTests(KeepingCase):
    """What one client may have kept."""

    limits = PoolLimits(kept=16, endings=3)

    def keep(self, text: str, client: str) -> Hearer:
        """Check a question, and keep it."""
        asked = toDeferred(self.pool.check(question(text), client))
        self.advance(1.0)
        self.successResultOf(asked)
        return self.watch(text)

    def test_share(self) -> None:
        """It is an eighth; when one of them ends there is room for another."""
        self.keep("a", "anonymous@192.0.2.1")
        self.keep("b", "anonymous@192.0.2.2")
        asked = toDeferred(self.pool.check(question("c"), "anonymous@192.0.2.3"))
        message = self.failureResultOf(asked, Busy).getErrorMessage()
        self.assertIn("2 questions of anonymous@192.0.2.0/24 are kept, an eighth of", message)
        self.keep("c", "other")
        with self.assertRaises(AssertionError):
            self.keep("d", "anonymous@192.0.2.3")

    def test_again(self) -> None:
        """When one ends there is room for another one."""
        for text in "abcdef":
            self.keep(text, "client")
            self.stop()
        self.assertEqual(len(self.keep("g", "client").refusals), 0)

    def test_atOnce(self) -> None:
        """Those that were checked at the same time are counted when they are kept."""
        for text in "abc":
            _ = toDeferred(self.pool.check(question(text), "client"))
        self.advance(1.0)
        self.watch("a")
        self.watch("b")
        with self.assertRaisesRegex(Busy, "an eighth"):
            self.watch("c")

    def test_offender(self) -> None:
        """Whose kept questions ended three workers gets no more kept for a minute."""
        for _ in range(3):
            hearer = self.keep("list", "bad")
            self.advance(1.0)
            (worker,) = [one for one in self.fleet.alive if one.told(Watch)]
            worker.page = worker.told(Watch)[-1].id  # type: ignore[union-attr]
            worker.end(Ending(OUT_OF_MEMORY, None, "no more"))
            self.advance(3.0)
            self.assertEqual(len(hearer.refusals), 1)
        asked = toDeferred(self.pool.check(question(), "bad"))
        self.assertIn("query_endings", self.failureResultOf(asked, Busy).getErrorMessage())
        self.keep("list", "good")


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
        self.assertEqual(good.answers, [NOTHING, self.expected()])

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
        self.assertEqual(good.answers, [NOTHING])

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

    def test_wholeLook(self) -> None:
        """A worker that never answers is ended, whatever it says it is busy with; who it names then is refused."""
        hearers = [self.watch("hang"), self.watch("list")]
        self.advance(0.5)
        (worker,) = self.fleet.started
        for number in range(50):
            worker.page = 1 + number % 2
            self.advance(1.0)
        self.assertTrue(worker.isDead)
        errors = [error for hearer in hearers for error in hearer.refusals]
        self.assertIn("to look at what is kept took more than 42 s", errors[0].message)

    def test_restarts(self) -> None:
        """However many questions end their workers, one in a second is started."""
        for number in range(5):
            self.watch("crash", f"{{urn:a}}n{number}")
        while self.pool.figures()["kept"]:
            self.advance(0.1)
            if len(self.fleet.started) < 9 and self.pool.figures()["kept"] < 5:
                self.watch("crash", f"{{urn:b}}n{len(self.fleet.started)}")
        self.assertGreater(self.time.seconds(), 5.0)

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


class Broken(MemoryStore):
    """A store that cannot be read the first time."""

    __slots__ = ("failed",)

    def find(self, query: NameQuery) -> Answer:
        """What is there, the second time."""
        if not hasattr(self, "failed"):
            self.failed = True
            raise ValueError("a bug of its own")
        return super().find(query)


class BrokenStoreTests(KeepingCase):
    """A store that fails now and then."""

    kindOfStore = Broken

    def test_again(self) -> None:
        """What it raises while values are loaded is logged, and all begins again."""
        self.commit(Put(makeElement(ONE)))
        hearer = self.watch("list", ONE)
        self.advance(5.0)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
        self.assertEqual((len(hearer.answers), hearer.refusals), (1, []))
        self.commit(Put(makeElement(ONE, key="b")))
        self.advance(1.0)
        self.assertEqual(len(hearer.answers), 2)


class CostTests(KeepingCase):
    """What a look takes."""

    limits = PoolLimits(timeout=10.0, cpu=5.0, elements=2000, kept=300)

    def lookAgain(self) -> None:
        """Let it."""
        self.advance(1.0)

    def test_others(self) -> None:
        """It does not depend on how many other questions are kept, and about how many names."""
        hearer = self.watch("list", ONE)
        self.advance(1.0)
        costs = []
        for more in (0, 200):
            for number in range(more):
                self.watch("list", *(f"{{urn:a}}n{number}.{each}" for each in range(10)))
            self.advance(60.0)
            command = Put(makeElement(text=str(more)))
            costs.append(callsOf(partial(self.commit, command)) + callsOf(self.lookAgain))
        self.assertEqual(len(hearer.answers), 3)
        self.assertLess(costs[1], costs[0] + 50)

    def test_names(self) -> None:
        """A name is told as long as a question has it, and again when one comes that has it."""
        self.commit(Put(makeElement()), Put(makeElement(name=TWO)))
        first = self.watch("list", ONE)
        ends = [self.stop]
        second = self.watch("list", ONE, TWO)
        ends.append(self.stop)
        self.advance(1.0)
        (worker,) = self.fleet.started
        ends[0]()
        self.commit(Put(makeElement(text="2")))
        self.advance(1.0)
        self.assertEqual(second.answers[1:], [self.expected(ONE, TWO)])
        self.watch("list", TWO)
        ends[1]()
        self.commit(Put(makeElement(name=TWO, text="2")))
        self.advance(1.0)
        self.assertEqual([key.name.localName for key in worker.values], ["two"])
        third = self.watch("list", ONE)
        self.advance(1.0)
        self.assertEqual(third.answers, [self.expected(ONE)])
        self.assertEqual(len(first.answers), 1)


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
        self.assertEqual(same.answers, [NOTHING])
        self.assertEqual(len(other.answers), 2)
        self.assertEqual(other.answers[-1], self.expected(ONE))

    def test_lifetimes(self) -> None:
        """Answers that differ in lifetimes only are the same to the one who was told."""
        heard: list[bytes] = []
        kept = Kept(1, question(), heard.append, self.fail)
        for body in (b'<a ogsi:goodUntil="1"/>', b'<a ogsi:goodUntil="2"/>', b"<b/>"):
            kept.hear(body)
        self.assertEqual(heard, [b'<a ogsi:goodUntil="1"/>', b"<b/>"])

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
        self.assertEqual((hearer.answers, hearer.refusals), ([NOTHING], []))

    def test_stop(self) -> None:
        """When the pool stops, nothing more is told."""
        hearer = self.watch()
        self.end()
        self.assertEqual((hearer.answers, hearer.refusals), ([], []))
        with self.assertRaises(Busy):
            self.watch()
