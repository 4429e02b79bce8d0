"""The pool: who is asked, what is refused, what happens when workers end."""

from functools import partial

import attrs
from twisted.internet.defer import CancelledError

from gma_twisted.errors import (
    Busy,
    ExtensibilityTypeError,
    GMAError,
    ServiceError,
    TimedOut,
    TooLarge,
)
from gma_twisted.evaluation.messages import Answered, Ask, Extend, Forget, Look
from gma_twisted.evaluation.messages import Put as Told
from gma_twisted.evaluation.messages import Remove as Gone
from gma_twisted.model import Extend as Renew
from gma_twisted.model import Lifetime, Put, Remove
from gma_twisted.processes import Ending
from gma_twisted.queries import worker as workers
from gma_twisted.queries.feeding import EACH, SLICE
from gma_twisted.queries.interests import KEPT
from gma_twisted.queries.memo import REMEMBERED
from gma_twisted.queries.poollimits import PoolLimits
from gma_twisted.queries.worker import HASTE, TRICKLE
from gma_twisted.testing.storemodel import makeElement
from gma_twisted.timing import toDeferred
from tests.queries.counting import callsOf
from tests.queries.fakeworker import NOTHING
from tests.queries.poolcase import WALL, PoolCase, question

ONE, TWO = "{urn:a}one", "{urn:a}two"


class AnsweringTests(PoolCase):
    """Questions that are answered."""

    def test_first(self) -> None:
        """No process is there before the first question; then there are the workers and a spare one."""
        self.commit(Put(makeElement()))
        self.advance(5.0)
        self.assertEqual(self.fleet.started, [])
        answered = self.answer()
        self.assertEqual(answered.body, self.expected())
        self.assertEqual(len(self.fleet.started), 3)
        self.assertEqual(self.pool.figures()["workers"], 2)

    def test_figures(self) -> None:
        """An answer tells how long it waited and who gave it; the pool what it has done."""
        answered = self.answer()
        self.assertEqual(round(answered.figures["waited"], 1), 0.1)
        self.assertEqual(answered.figures["worker"], 1)
        figures = self.pool.figures()
        self.assertEqual((figures["answered"], figures["queued"], figures["running"]), (1, 0, 0))
        self.assertGreater(figures["seconds"], 0.1)

    def test_readYourWrites(self) -> None:
        """What was committed before the question is in the answer: put, replaced, extended, removed."""
        for commands in (
            [Put(makeElement(key="a")), Put(makeElement(key="b"))],
            [Put(makeElement(key="a", text="2"))],
            [Renew(makeElement(key="b").key, Lifetime(0.0, 500.0, 600.0))],
            [Remove(makeElement(key="a").key), Put(makeElement(name=TWO))],
            [Remove(makeElement(name=TWO).key)],
        ):
            self.commit(*commands)
            asked = self.ask()
            self.advance(0.2)
            self.assertEqual(self.successResultOf(asked).body, self.expected())

    def test_oneTurn(self) -> None:
        """To a loaded worker changes and question leave in the turn of the asking."""
        self.commit(Put(makeElement()))
        self.answer()
        self.commit(Put(makeElement(text="2")))
        asked = self.ask()
        orders = self.fleet.started[0].orders
        self.assertIsInstance(orders[-2], Told)
        self.assertIsInstance(orders[-1], Ask)
        self.advance(0.1)
        self.assertEqual(self.successResultOf(asked).body, self.expected())

    def test_onlyNames(self) -> None:
        """Only values of the names asked for are told, also when others change."""
        self.commit(Put(makeElement()), Put(makeElement(name=TWO)))
        self.assertEqual(self.answer("list", ONE).body, self.expected(ONE))
        self.commit(Put(makeElement(text="2")), Put(makeElement(name=TWO, text="2")))
        self.assertEqual(self.answer("list", ONE).body, self.expected(ONE))
        (worker,) = set(self.fleet.asked("list"))
        self.assertEqual({key.name.localName for key in worker.values}, {"one"})

    def test_manyNames(self) -> None:
        """What the other worker loads, while it has nothing to do, costs each name the same."""
        self.commit(Put(makeElement()))
        self.answer("list", ONE)
        names = [f"{{*}}n{number}" for number in range(200)]
        self.assertLess(callsOf(lambda: self.answer("list", *names)), 20_000)

    def test_wildcard(self) -> None:
        """A name that comes later is seen by a question about all of its namespace, and by one about all."""
        self.commit(Put(makeElement()))
        for name in ("{urn:a}*", "{*}two", "{*}*"):
            self.answer("list", name)
        self.commit(Put(makeElement(name=TWO)), Put(makeElement(name="{urn:b}two")))
        for name in ("{urn:a}*", "{*}two", "{*}*"):
            self.assertEqual(self.answer("list", name).body, self.expected(name))

    def test_unknown(self) -> None:
        """A name nobody knows has no values, and those that come are seen."""
        self.assertEqual(self.answer("list", ONE).body, NOTHING)
        self.commit(Put(makeElement()))
        self.assertEqual(self.answer("list", ONE).body, self.expected(ONE))

    def test_slices(self) -> None:
        """Many values are told in slices; what it took to take them is over before the question's time begins."""
        self.commit(*(Put(makeElement(key=str(number))) for number in range(1000)))
        self.assertEqual(self.answer().figures["values"], 1000)
        worker = self.fleet.asked("list")[0]
        sizes = [len(order.elements) for order in worker.told(Told)]  # type: ignore[union-attr]
        self.assertEqual(sizes, [SLICE] * 4)
        self.assertEqual([type(one) for one in worker.orders[-2:]], [Look, Ask])

    def test_beforehand(self) -> None:
        """Nor is what a worker was told while it had nothing to do a part of its first question's time."""
        self.patch(workers, "_UNSETTLED", 500 * EACH / self.limits.cpu)
        self.commit(*(Put(makeElement(key=str(number))) for number in range(1000)))
        self.answer()
        self.advance(2.0)
        both = [self.ask(), self.ask()]
        self.advance(1.0)
        for answer in both:
            self.assertEqual(self.successResultOf(answer).body, self.expected())
        asked = [worker for worker in self.fleet.started if worker.told(Ask)]
        last = [[type(one) for one in worker.orders[-3:]] for worker in asked]
        self.assertCountEqual(last, [[Look, Ask, Ask], [Told, Look, Ask]])

    def test_large(self) -> None:
        """Nor is what a few large values take."""
        self.commit(Put(makeElement()))
        self.answer()
        asked = self.fleet.asked("list")[0]
        for count in (4, 40):
            large = "x" * 100_000
            self.commit(*(Put(makeElement(key=str(each), text=large)) for each in range(count)))
            self.assertEqual(self.answer().figures["values"], count + 1)
            self.assertEqual([len(asked.told(Look))], [1 if count == 4 else 2])

    def test_some(self) -> None:
        """What takes a worker a moment it does when a question needs it, not before any."""
        size = EACH + makeElement(key="100", text="a").size
        self.patch(workers, "_UNSETTLED", 2500 * size / self.limits.cpu)
        self.commit(*(Put(makeElement(key=str(number))) for number in range(1000)))
        self.answer()
        asked = self.fleet.asked("list")[0]
        looks = []
        for text in "abc":
            self.commit(*(Put(makeElement(key=str(number), text=text)) for number in range(1000)))
            self.assertEqual(self.answer().body, self.expected())
            looks.append(len(asked.told(Look)))
        self.assertEqual(looks, [1, 1, 2])

    def test_pressure(self) -> None:
        """A worker that does not read is told no more slices than fit."""
        self.commit(*(Put(makeElement(key=str(number))) for number in range(1000)))
        asked = self.ask()
        for worker in self.fleet.started:
            worker.fill()
        self.advance(1.0)
        self.assertEqual(sum(len(worker.told(Told)) for worker in self.fleet.started), 1)
        for worker in self.fleet.started:
            worker.drain()
        self.advance(1.0)
        self.assertEqual(self.successResultOf(asked).body, self.expected())

    def test_changesWhileLoading(self) -> None:
        """Changes between two slices are in the answer, whichever slice their values belong to."""
        self.commit(*(Put(makeElement(key=f"{number:04}")) for number in range(1000)))
        asked = self.ask()
        for worker in self.fleet.started:
            worker.fill()
        self.advance(0.2)
        self.commit(
            Put(makeElement(key="0001", text="first")),
            Remove(makeElement(key="0002").key),
            Put(makeElement(key="0999", text="last")),
            Remove(makeElement(key="0998").key),
            Put(makeElement(key="new")),
            Renew(makeElement(key="0500").key, Lifetime(0.0, 800.0, 900.0)),
        )
        for worker in self.fleet.started:
            worker.drain()
        self.advance(1.0)
        self.assertEqual(self.successResultOf(asked).body, self.expected())

    def test_trickle(self) -> None:
        """An idle worker is told of changes by and by, each key once."""
        self.commit(Put(makeElement()))
        self.answer()
        worker = self.fleet.asked("list")[0]
        del worker.orders[:]
        for text in "23456":
            self.commit(Put(makeElement(text=text)))
        self.advance(0.5)
        (told,) = worker.orders
        self.assertEqual(told, Told([makeElement(text="6")]))

    def test_hasty(self) -> None:
        """One that was asked lately is told of changes at once, and later as any other."""
        self.commit(Put(makeElement()))
        self.answer()
        worker = self.fleet.asked("list")[0]
        del worker.orders[:]
        self.commit(Put(makeElement(text="2")))
        self.advance(HASTE)
        self.assertEqual(worker.orders, [Told([makeElement(text="2")])])
        self.advance(10.0)
        self.commit(Put(makeElement(text="3")))
        self.advance(TRICKLE / 2)
        self.assertEqual(len(worker.orders), 1)
        self.advance(TRICKLE)
        self.assertEqual(len(worker.orders), 2)

    def test_shared(self) -> None:
        """What one worker was asked about the others load, too, when they have nothing to do; the spare one not."""
        self.commit(*(Put(makeElement(key=str(number))) for number in range(1000)))
        self.commit(Put(makeElement(name=TWO)))
        self.answer("list", ONE)
        first, second, spare = self.fleet.started
        self.assertEqual(len(first.values), 1000)
        self.assertEqual(second.values, first.values)
        self.assertEqual(spare.values, {})

    def test_interrupted(self) -> None:
        """A worker that loads for later is asked without waiting, and goes on to load after that."""
        self.commit(*(Put(makeElement(key=str(number))) for number in range(1000)))
        self.commit(Put(makeElement(name=TWO)))
        asked = self.ask("list", ONE)
        self.advance(0.11)
        second = self.fleet.started[1]
        second.fill()
        self.advance(0.2)
        self.successResultOf(asked)
        self.assertEqual(len(second.told(Told)), 1)
        self.fleet.taking = 0.5
        asked = self.ask("list", ONE)
        other = self.ask("list", TWO)
        second.drain()
        self.advance(0.1)
        self.assertEqual({key.name.localName for key in second.values}, {"one", "two"})
        self.assertEqual(len(second.values), SLICE + 1)
        self.advance(1.0)
        self.assertEqual(self.successResultOf(other).body, self.expected(TWO))
        self.successResultOf(asked)
        self.assertEqual(len(second.values), 1001)

    def test_endsLoading(self) -> None:
        """A worker that ends while it loads for later harms nobody."""
        self.commit(*(Put(makeElement(key=str(number))) for number in range(1000)))
        self.commit(*(Put(makeElement(name=TWO, key=str(number))) for number in range(1000)))
        asked = self.ask("list", ONE, TWO)
        self.advance(0.11)
        second = self.fleet.started[1]
        second.fill()
        self.advance(0.2)
        self.successResultOf(asked)
        second.kill()
        self.advance(1.0)
        self.assertEqual(self.answer("list", ONE, TWO).body, self.expected(ONE, TWO))
        self.assertEqual(self.fleet.started[2].values, self.fleet.started[0].values)

    def test_nothingNew(self) -> None:
        """What came and went before anybody asked is not told at all."""
        self.commit(Put(makeElement()))
        self.answer()
        worker = self.fleet.asked("list")[0]
        del worker.orders[:]
        self.commit(Put(makeElement(key="x")))
        self.commit(Remove(makeElement(key="x").key))
        self.advance(0.5)
        self.assertEqual(worker.orders, [])

    def test_extension(self) -> None:
        """A lifetime is told alone, unless something else that is shown has changed with it."""
        self.commit(Put(makeElement()))
        self.answer()
        worker = self.fleet.asked("list")[0]
        del worker.orders[:]
        self.commit(Renew(makeElement().key, Lifetime(0.0, 50.0, 60.0)))
        self.advance(0.5)
        self.assertEqual(worker.orders, [Extend([(makeElement().key, Lifetime(0.0, 50.0, 60.0))])])
        again = attrs.evolve(makeElement(lifetime=Lifetime(0.0, 70.0, 80.0)), created=5.0)
        self.commit(Put(again))
        self.advance(0.5)
        self.assertEqual(worker.orders[1:], [Told([again])])

    def test_expiry(self) -> None:
        """A value whose time has passed is taken back."""
        self.commit(Put(makeElement(lifetime=Lifetime(0.0, 20.0, 30.0))))
        self.answer()
        worker = self.fleet.asked("list")[0]
        self.advance(31.0)
        self.assertEqual(worker.told(Gone), [Gone([makeElement().key])])

    def test_forgotten(self) -> None:
        """A name nobody asks for is forgotten after ten minutes, another not; asked for again it is loaded again."""
        self.commit(Put(makeElement()), Put(makeElement(name=TWO)))
        self.answer("list", ONE)
        self.answer("list", TWO)
        worker = self.fleet.asked("list")[0]
        for _ in range(3):
            self.advance(KEPT / 3 - 50.0)
            self.answer("list", TWO)
        self.advance(KEPT / 3 + 60.0)
        self.assertEqual([key.name.localName for key in worker.values], ["two"])
        self.assertEqual(len(worker.told(Forget)), 1)
        self.assertEqual(self.answer("list", ONE).body, self.expected(ONE))

    def test_wallClock(self) -> None:
        """When the wall clock is set, every value is told again, and questions carry the new distance."""
        self.commit(Put(makeElement()))
        self.answer()
        worker = self.fleet.asked("list")[0]
        self.wall += 0.25
        self.answer()
        self.assertEqual(len(worker.told(Told)), 1)
        self.wall += 0.5
        self.assertEqual(self.answer().body, self.expected())
        self.assertEqual(len(worker.told(Told)), 2)
        asks = worker.told(Ask)
        self.assertEqual([one.offset for one in asks], [WALL, WALL, WALL + 0.75])  # type: ignore[union-attr]

    def test_room(self) -> None:
        """When there is no more room, names of other questions go first; what is too much by itself is refused."""
        self.commit(*(Put(makeElement(key=str(number))) for number in range(1500)))
        self.commit(*(Put(makeElement(name=TWO, key=str(number))) for number in range(1500)))
        for name in (ONE, TWO, ONE):
            self.assertEqual(self.answer("list", name).body, self.expected(name))
        for worker in self.fleet.started:
            self.assertLessEqual(len(worker.values), 2000)
        asked = self.ask("list")
        self.advance(1.0)
        self.assertIn("query_elements", self.failureResultOf(asked, TooLarge).getErrorMessage())
        self.assertEqual(self.answer("list", ONE).body, self.expected(ONE))


class RefusingTests(PoolCase):
    """Questions that are not answered."""

    limits = attrs.evolve(PoolCase.limits, endings=100)

    def refusal(self, text: str, kind: type[GMAError]) -> str:
        """The message of the error, which is there within 20 seconds."""
        asked = self.ask(text)
        self.advance(20.0)
        return str(self.failureResultOf(asked, kind).getErrorMessage())

    def test_worker(self) -> None:
        """What the worker refuses is told with its own words, and the worker goes on."""
        self.assertEqual(
            self.refusal("bad", ExtensibilityTypeError), "XPath: line 1, column 2: wrong"
        )
        self.assertEqual(self.refusal("big", TooLarge), "the answer is too large")
        self.assertEqual(len(self.fleet.started), 3)
        self.assertEqual(self.pool.figures()["refused.TooLarge"], 1)

    def test_limits(self) -> None:
        """Each bound that ends a worker is named by its key, and the next question is answered."""
        for text, kind, words in (
            ("hang", TimedOut, "10 s, the bound [limits] query_timeout"),
            ("burn", TimedOut, "5 s of processor time, the bound [limits] query_cpu"),
            ("eat", TooLarge, "the bound [limits] query_elements"),
            ("crash", ServiceError, "was killed by SIGSEGV"),
            ("nonsense", ServiceError, "no answer"),
        ):
            self.assertIn(words, self.refusal(text, kind))
            self.assertEqual(self.answer().body, NOTHING)
            self.assertEqual(len(self.fleet.alive), 3)
        self.assertEqual(self.pool.figures()["restarts"], 5)

    def test_timeOfOne(self) -> None:
        """The time begins when the question is put, not when it is asked."""
        self.fleet.taking = 9.0
        asked = [self.ask(client=str(number)) for number in range(4)]
        self.advance(20.0)
        for one in asked:
            self.successResultOf(one)

    def test_processor(self) -> None:
        """The processor is bounded while a question is evaluated, not before and after."""
        self.fleet.taking = 0.5
        asked = self.ask()
        self.advance(0.3)
        (worker,) = self.fleet.asked("list")
        self.assertEqual(worker.limit, 5.0)
        self.advance(1.0)
        self.successResultOf(asked)
        self.assertEqual(worker.limit, float("inf"))

    def test_length(self) -> None:
        """An expression that is too long is refused at once."""
        with self.assertRaisesRegex(TooLarge, "4096 bytes, the bound .* query_max_expression"):
            _ = self.ask("é" * 2049)
        with self.assertRaises(TooLarge):
            self.pool.watch(question("x" * 5000), lambda _: None, lambda _: None)

    def test_perClient(self) -> None:
        """One client has so many questions at once; others have theirs."""
        asked = [self.ask() for _ in range(3)]
        with self.assertRaisesRegex(Busy, "query_per_client"):
            _ = self.ask()
        asked.append(self.ask(client="other"))
        self.advance(1.0)
        for one in asked:
            self.successResultOf(one)
        self.assertEqual(self.answer().body, NOTHING)

    def test_queue(self) -> None:
        """So many wait; the next is refused."""
        asked = [self.ask(client=str(number)) for number in range(5)]
        with self.assertRaisesRegex(Busy, "5 questions wait .* query_queue"):
            _ = self.ask(client="6")
        self.assertEqual(self.pool.figures()["queued"], 5)
        self.assertEqual(self.pool.figures()["refused.Busy"], 1)
        self.advance(1.0)
        for one in asked:
            self.successResultOf(one)

    def test_cancelWaiting(self) -> None:
        """A question that waits is taken out when it is cancelled."""
        for _ in range(4):
            asked = self.ask()
            asked.cancel()
            self.failureResultOf(asked, CancelledError)
        self.advance(1.0)
        self.assertEqual(self.fleet.asked("list"), [])
        self.assertEqual(self.pool.figures()["queued"], 0)

    def test_cancelRunning(self) -> None:
        """One that runs ends by itself, counts until then, and its answer is dropped."""
        self.fleet.taking = 2.0
        asked = [self.ask() for _ in range(3)]
        self.advance(1.0)
        asked[0].cancel()
        self.failureResultOf(asked[0], CancelledError)
        with self.assertRaises(Busy):
            _ = self.ask()
        self.advance(6.0)
        self.successResultOf(asked[2])
        self.assertEqual(len(self.fleet.started), 3)
        self.fleet.taking = 0.1
        self.assertEqual(self.answer().body, NOTHING)

    def test_stop(self) -> None:
        """When the pool stops, those that wait and those that run are told so."""
        self.fleet.taking = 5.0
        asked = [self.ask(client=str(number)) for number in range(4)]
        self.advance(1.0)
        stopped = toDeferred(self.pool.stop())
        self.advance(0.1)
        self.successResultOf(stopped)
        for one in asked:
            self.assertIn("stopping", self.failureResultOf(one, Busy).getErrorMessage())
        with self.assertRaises(Busy):
            _ = self.ask()


class EndingTests(PoolCase):
    """Workers that end."""

    def test_spare(self) -> None:
        """The spare one takes the place of a dead one at once, is loaded, and another spare is started."""
        self.commit(Put(makeElement()))
        self.answer()
        first, _, spare = self.fleet.started
        first.kill()
        self.advance(0.05)
        self.assertEqual(spare.values, first.values)
        self.advance(1.0)
        self.assertEqual(len(self.fleet.alive), 3)
        self.assertEqual(self.fleet.started[3].values, {})
        self.assertEqual(self.pool.figures()["workers"], 2)

    def test_whileLoading(self) -> None:
        """A question whose worker ends before it is put goes to another one, once."""
        self.commit(*(Put(makeElement(key=str(number))) for number in range(1000)))
        asked = self.ask()
        for worker in self.fleet.started:
            worker.fill()
        self.advance(0.2)
        (loading,) = [worker for worker in self.fleet.started if worker.told(Told)]
        loading.kill()
        for worker in self.fleet.started:
            worker.drain()
        self.advance(1.0)
        self.assertEqual(self.successResultOf(asked).body, self.expected())

    def test_twiceWhileLoading(self) -> None:
        """It does not go to a third."""
        self.commit(*(Put(makeElement(key=str(number))) for number in range(1000)))
        self.fleet.isFull = True
        asked = self.ask()
        for _ in range(2):
            self.advance(0.2)
            for worker in self.fleet.alive:
                if worker.told(Told):
                    worker.kill()
        self.advance(0.2)
        message = self.failureResultOf(asked, ServiceError).getErrorMessage()
        self.assertEqual(message, "the query worker was killed by SIGKILL")

    def test_stuckWhileLoading(self) -> None:
        """A worker that takes nothing is killed."""
        self.commit(*(Put(makeElement(key=str(number))) for number in range(1000)))
        self.fleet.isFull = True
        asked = self.ask()
        self.advance(20.0)
        for worker in self.fleet.alive:
            if not worker.told(Told):
                worker.drain()
        self.advance(20.0)
        self.assertEqual(self.successResultOf(asked).body, self.expected())

    def test_others(self) -> None:
        """Questions behind one that ends its worker are answered by others."""
        bad = self.ask("crash", client="bad")
        good = [self.ask(client=str(number)) for number in range(4)]
        self.advance(2.0)
        self.failureResultOf(bad, ServiceError)
        for one in good:
            self.successResultOf(one)

    def test_harmingClient(self) -> None:
        """Who has ended a worker gets neither the last free one nor that of the others, whatever it asks."""
        bad = self.ask("hang", client="bad")
        self.advance(11.0)
        self.failureResultOf(bad, TimedOut)
        self.fleet.taking = 5.0
        slow = self.ask(client="slow")
        other = self.ask("other", client="bad")
        good = self.ask(client="good")
        self.advance(0.1)
        self.assertEqual((len(self.fleet.asked("list")), self.fleet.asked("other")), (2, []))
        self.advance(5.5)
        self.successResultOf(slow)
        self.successResultOf(good)
        self.assertEqual(len(self.fleet.asked("other")), 1)
        self.advance(5.5)
        self.successResultOf(other)
        self.fleet.taking = 0.0
        for text, client in (("third", "bad"), ("fourth", "good")):
            asked = self.ask(text, client=client)
            self.advance(1.0)
            self.successResultOf(asked)
        self.assertIsNot(*self.fleet.asked("third"), *self.fleet.asked("fourth"))

    def test_lastFree(self) -> None:
        """What has ended a worker does not get the last free one, for ten minutes; others do."""
        bad = self.ask("hang")
        self.advance(11.0)
        self.failureResultOf(bad, TimedOut)
        self.fleet.taking = 5.0
        slow = self.ask(client="slow")
        again = self.ask("hang")
        good = self.ask(client="good")
        self.advance(0.1)
        self.assertEqual(len(self.fleet.asked("hang")), 1)
        self.assertEqual(len(self.fleet.asked("list")), 2)
        self.advance(5.5)
        self.successResultOf(slow)
        self.successResultOf(good)
        self.assertEqual(len(self.fleet.asked("hang")), 2)
        self.advance(11.0)
        self.failureResultOf(again, TimedOut)
        self.advance(REMEMBERED)
        slow = self.ask(client="slow")
        last = self.ask("hang")
        self.advance(0.1)
        self.assertEqual(len(self.fleet.asked("hang")), 3)
        self.advance(11.0)
        self.failureResultOf(last, TimedOut)
        self.successResultOf(slow)

    def test_killedByOthers(self) -> None:
        """A question whose worker somebody killed gets the last one that is free."""
        self.fleet.taking = 5.0
        asked = self.ask()
        self.advance(1.0)
        self.fleet.asked("list")[-1].kill()
        self.advance(1.0)
        self.failureResultOf(asked, ServiceError)
        slow = self.ask("slow", client="slow")
        again = self.ask()
        self.advance(5.5)
        self.successResultOf(slow)
        self.successResultOf(again)

    def test_cannotStart(self) -> None:
        """When no worker can be started, questions are told why; when one can again, they are answered."""
        self.fleet.failure = "python cannot be started: no memory"
        asked = self.ask()
        self.advance(5.0)
        message = self.failureResultOf(asked, ServiceError).getErrorMessage()
        self.assertEqual(
            message, "no query worker can be started: python cannot be started: no memory"
        )
        with self.assertRaises(ServiceError):
            _ = self.ask()
        self.fleet.failure = ""
        self.advance(31.0)
        self.assertEqual(self.answer().body, NOTHING)

    def test_dieAtOnce(self) -> None:
        """Workers that end as they begin are started again with growing pauses, and their last line is told."""
        self.fleet.dies = Ending(1, None, "No module named gma_twisted")
        asked = self.ask()
        self.advance(5.0)
        message = self.failureResultOf(asked, ServiceError).getErrorMessage()
        self.assertIn("ended with exit status 1: No module named gma_twisted", message)
        before = len(self.fleet.started)
        self.advance(60.0)
        self.assertLess(len(self.fleet.started) - before, 20)
        self.fleet.dies = None
        self.advance(31.0)
        self.assertEqual(self.answer().body, NOTHING)

    def test_mute(self) -> None:
        """A worker that does not begin is killed."""
        self.fleet.isMute = True
        asked = self.ask()
        self.advance(29.0)
        self.fleet.isMute = False
        self.advance(3.0)
        self.successResultOf(asked)


class OneWorkerTests(PoolCase):
    """A pool of one."""

    limits = PoolLimits(workers=1)

    def test_remembered(self) -> None:
        """Its only worker is given to what has ended it, too: nothing would be answered otherwise."""
        for _ in range(2):
            asked = self.ask("crash")
            self.advance(1.0)
            self.failureResultOf(asked, ServiceError)


class OffendingTests(PoolCase):
    """Clients whose expressions end workers."""

    limits = attrs.evolve(PoolCase.limits, queue=200)

    def crash(self, client: str) -> None:
        """End a worker."""
        asked = self.ask("eat", client=client)
        self.advance(2.0)
        self.failureResultOf(asked, TooLarge)

    def test_barred(self) -> None:
        """Who ended three is not answered for a minute, others are; with the next one it begins again."""
        for _ in range(3):
            self.crash("bad")
        with self.assertRaisesRegex(Busy, "of bad ended 3 .* query_endings: ask again in 58 s"):
            _ = self.ask(client="bad")
        self.assertEqual(self.answer().body, self.expected())
        self.advance(60.0)
        self.crash("bad")
        with self.assertRaises(Busy):
            _ = self.ask(client="bad")
        self.advance(REMEMBERED)
        self.crash("bad")
        self.crash("bad")

    def test_network(self) -> None:
        """A network has four times as much: addresses come cheap."""
        for number in range(12):
            self.crash(f"anonymous@192.0.2.{number}")
        with self.assertRaisesRegex(Busy, "of anonymous@192.0.2.0/24 ended 12 "):
            _ = self.ask(client="anonymous@192.0.2.77")
        asked = self.ask(client="anonymous@192.0.3.1")
        self.advance(1.0)
        self.successResultOf(asked)

    def test_killed(self) -> None:
        """Whose worker somebody else kills is not to blame."""
        self.fleet.taking = 0.5
        for _ in range(4):
            asked = self.ask()
            self.advance(0.3)
            self.fleet.asked("list")[-1].kill()
            self.advance(2.0)
            self.failureResultOf(asked, ServiceError)
        self.fleet.taking = 0.0
        self.assertEqual(self.answer().body, self.expected())

    def test_restarts(self) -> None:
        """After a few at once one worker in a second is started, however many end."""
        for number in range(100):
            _ = self.ask("eat", client=str(number)).addErrback(lambda _: None)
            self.advance(0.2)
        self.assertLessEqual(len(self.fleet.started), 20 + 7)
        self.assertGreater(len(self.fleet.started), 15)
        self.advance(10.0)
        self.assertEqual(self.answer().body, self.expected())


class TurnTests(PoolCase):
    """In which order clients are answered."""

    limits = PoolLimits(workers=1, queue=6, perClient=5)

    @staticmethod
    def note(order: list[str], text: str, answered: Answered) -> Answered:
        """It is answered now."""
        order.append(text)
        return answered

    def busy(self) -> None:
        """Have the only worker answer for a second."""
        self.fleet.taking = 1.0
        _ = self.ask(client="first")
        self.advance(0.5)

    def test_inTurn(self) -> None:
        """Clients are answered by turns, not in the order of their questions."""
        self.busy()
        order: list[str] = []
        for text in ("a1", "a2", "a3", "b1", "b2", "c1"):
            asked = self.ask(text, client=text[0])
            _ = asked.addCallback(partial(self.note, order, text))
        self.advance(8.0)
        self.assertEqual(order, ["a1", "b1", "c1", "a2", "b2", "a3"])

    def test_addresses(self) -> None:
        """Those of one network have one turn together, and no more places than others want."""
        self.busy()
        order: list[str] = []
        crowd = [self.ask("many", client=f"anonymous@192.0.2.{number}") for number in range(6)]
        for number in range(5):
            asked = self.ask(str(number), client=f"anonymous@198.51.{number}.1")
            _ = asked.addCallback(partial(self.note, order, str(number)))
        # The last ones had to go, one for each of the others.
        for asked in crowd[1:]:
            message = self.failureResultOf(asked, Busy).getErrorMessage()
            self.assertIn("query_queue", message)
        with self.assertRaises(Busy):
            _ = self.ask(client="anonymous@192.0.2.200")
        with self.assertRaises(Busy):
            _ = self.ask(client="anonymous@198.51.9.1")
        self.advance(8.0)
        self.assertEqual(order, ["0", "1", "2", "3", "4"])
        self.successResultOf(crowd[0])
