"""What subscribers hear of the answers to their questions: each once, in order, and why there are no more."""

from twisted.internet.task import Clock
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from gma_twisted.errors import Busy, ExtensibilityTypeError, TooLarge
from gma_twisted.interfaces import IStandingQueries
from gma_twisted.model import Caller, Language, NameSelector, Question, Topic
from gma_twisted.notify.results import ResultChannel
from gma_twisted.timing import NodeClock, toDeferred
from tests.notify.asked import Standing
from tests.notify.stand import HOST, WALL, Stand

LOAD = Question(Language.XPATH, "//load", (NameSelector(HOST),))
JOBS = Question(Language.XPATH, "count(//job)", (NameSelector(HOST),))


def answer(number: int) -> str:
    """An answer."""
    return f"<r>{number}</r>"


class AskingCase(SynchronousTestCase):
    """A service with standing queries."""

    def setUp(self) -> None:
        """Nobody asks."""
        self.stand = Stand()
        self.standing = self.stand.standing

    def tell(self, *numbers: int, question: Question = LOAD) -> None:
        """Answers, one after the other."""
        self.standing.tell(question, *map(answer, numbers))

    def told(self, id: str) -> list[str]:
        """What the notices of a subscription say."""
        return [message for _, message in self.stand.answers(id)]


class ToldTests(AskingCase):
    """Sinks that answer."""

    def test_standing(self) -> None:
        """The fake is what it stands for."""
        verifyObject(IStandingQueries, Standing())

    def test_changes(self) -> None:
        """The first answer is only what the next ones are compared with; each other one is told, numbered from 1."""
        self.stand.ask("a", LOAD)
        self.tell(1)
        self.assertEqual(self.told("a"), [])
        self.tell(2, 3, 2)
        heard = self.stand.answers("a")
        self.assertEqual([message for _, message in heard], [answer(2), answer(3), answer(2)])
        self.assertEqual([header.sequence for header, _ in heard], [1, 2, 3])
        self.assertFalse(any(header.isSnapshot or header.dropped for header, _ in heard))

    def test_snapshot(self) -> None:
        """Who wants a snapshot hears the first answer as soon as there is one, and it is said to be that."""
        self.stand.ask("a", LOAD, snapshot=True)
        self.stand.advance(5.0)
        self.assertEqual(self.told("a"), [])
        self.tell(1, 2)
        heard = self.stand.answers("a")
        self.assertEqual([message for _, message in heard], [answer(1), answer(2)])
        self.assertEqual([header.isSnapshot for header, _ in heard], [True, False])
        self.assertEqual([header.dropped for header, _ in heard], [0, 0])

    def test_laterSnapshot(self) -> None:
        """Who comes later hears the answer there is at once, without asking anew; others hear nothing of it."""
        self.stand.ask("a", LOAD)
        self.tell(1, 2)
        self.stand.ask("b", LOAD, snapshot=True)
        self.assertEqual((self.told("a"), self.told("b")), ([answer(2)], [answer(2)]))
        self.tell(3)
        self.assertEqual(self.told("b"), [answer(2), answer(3)])

    def test_shared(self) -> None:
        """Subscribers with equal questions share one that is kept, from the first of them to the last."""
        self.stand.ask("a", LOAD)
        self.stand.ask("b", LOAD, snapshot=True)
        self.stand.ask("c", JOBS)
        self.stand.unsubscribe("a")
        self.assertEqual(self.standing.log, ["watch //load", "watch count(//job)"])
        self.stand.unsubscribe("b")
        self.stand.ask("d", LOAD)
        self.assertEqual(self.standing.log[2:], ["end //load", "watch //load"])
        self.stand.notifier.stop()
        self.assertEqual(sorted(self.standing.log[4:]), ["end //load", "end count(//job)"])

    def test_apart(self) -> None:
        """Who asks hears of no values, and who subscribed to values of no answers."""
        self.stand.subscribe("values")
        self.stand.ask("a", LOAD)
        self.tell(1, 2)
        self.stand.put("x")
        self.assertEqual((len(self.stand.heard("values")), self.told("a")), (1, [answer(2)]))

    def test_sent(self) -> None:
        """Lifetimes in an answer are wall time; a notice sent late says when, by the same distance of the clocks."""
        self.stand.network.statuses["a:1"] = [503, 202]
        self.stand.ask("a", LOAD)
        self.tell(1, 2)
        self.stand.advance(1.0)
        first, second = (header.sent for header, _ in self.stand.answers("a"))
        self.assertEqual((first, second), (WALL, WALL + 0.5))


class CheckedTests(AskingCase):
    """Questions that were answered when somebody subscribed."""

    def ask(self, id: str, was: str, snapshot: bool = False) -> None:
        """Subscribe as a source does, when the answer is this."""
        self.standing.answer = was.encode()
        checked = self.stand.questions.check(LOAD, Caller("carol"))
        self.successResultOf(toDeferred(checked))
        self.stand.ask(id, LOAD, snapshot=snapshot)
        self.stand.questions.settled(LOAD)

    def test_same(self) -> None:
        """When the first answer is the same, but for lifetimes, it is none that is told; the next one is."""
        self.ask("a", '<r ogsi:goodUntil="1">5</r>')
        self.standing.tell(LOAD, '<r ogsi:goodUntil="2">5</r>')
        self.assertEqual(self.told("a"), [])
        self.stand.ask("b", LOAD, snapshot=True)
        self.assertEqual(self.told("b"), ['<r ogsi:goodUntil="2">5</r>'])
        self.tell(6)
        self.assertEqual((self.told("a"), self.told("b")[1:]), ([answer(6)], [answer(6)]))

    def test_other(self) -> None:
        """What changed before the question was looked at for the first time is told, too."""
        self.ask("a", answer(5))
        self.stand.ask("b", LOAD)
        self.tell(6)
        self.assertEqual((self.told("a"), self.told("b")), ([answer(6)], [answer(6)]))

    def test_snapshot(self) -> None:
        """A snapshot is there at once, and not again."""
        self.ask("a", answer(5), snapshot=True)
        self.assertEqual(self.told("a"), [answer(5)])
        self.tell(5, 6)
        heard = self.stand.answers("a")
        self.assertEqual([message for _, message in heard], [answer(5), answer(6)])
        self.assertEqual([header.isSnapshot for header, _ in heard], [True, False])

    def test_settled(self) -> None:
        """An answer is not kept for who subscribes another time."""
        self.ask("a", answer(5))
        self.stand.unsubscribe("a")
        self.stand.ask("b", LOAD)
        self.tell(6)
        self.assertEqual(self.told("b"), [])


class IntervalTests(AskingCase):
    """How often."""

    def test_minInterval(self) -> None:
        """What the answer was between two notices is not told, and not said to be lost."""
        self.stand.ask("a", LOAD, minInterval=5.0)
        self.tell(1, 2)
        for number in range(3, 303):
            self.tell(number)
        self.assertEqual(self.told("a"), [answer(2)])
        self.stand.advance(5.0)
        heard = self.stand.answers("a")
        self.assertEqual([message for _, message in heard], [answer(2), answer(302)])
        self.assertEqual(heard[-1][0].dropped, 0)

    def test_maxInterval(self) -> None:
        """The answer there is comes again although it is the same, also to who wanted no snapshot."""
        self.stand.ask("a", LOAD, maxInterval=10.0)
        self.tell(1)
        self.stand.advance(10.0)
        self.assertEqual(self.told("a"), [answer(1)])
        self.tell(2)
        self.stand.advance(9.0)
        self.assertEqual(self.told("a"), [answer(1), answer(2)])
        self.stand.advance(1.0)
        self.assertEqual(self.told("a"), [answer(1), answer(2), answer(2)])

    def test_maxIntervalFirst(self) -> None:
        """When there is no answer yet, it comes as soon as there is one."""
        self.stand.ask("a", LOAD, maxInterval=10.0)
        self.stand.advance(30.0)
        self.assertEqual(self.told("a"), [])
        self.tell(1)
        self.assertEqual(self.told("a"), [answer(1)])


class BehindTests(AskingCase):
    """Sinks that do not answer."""

    def away(self, id: str) -> None:
        """A subscriber whose first notice is not answered yet."""
        self.stand.network.statuses[f"{id}:1"] = [None]
        self.stand.ask(id, LOAD)

    def test_inOrder(self) -> None:
        """A hundred answers wait for who is behind, while another one has heard all of them."""
        self.away("a")
        self.stand.ask("b", LOAD)
        self.tell(0, 1)
        self.tell(*range(2, 102))
        self.assertEqual(self.told("b"), [answer(number) for number in range(1, 102)])
        for _ in range(101):
            self.stand.network.answer("a:1")
        self.assertEqual(self.told("a"), self.told("b"))
        self.assertFalse(any(header.dropped for header, _ in self.stand.answers("a")))

    def test_lost(self) -> None:
        """With one more, the newest follows, and the notice says how many were left out."""
        self.away("a")
        self.tell(0, 1)
        self.tell(*range(2, 103))
        self.stand.network.answer("a:1")
        heard = self.stand.answers("a")
        self.assertEqual([message for _, message in heard], [answer(1), answer(102)])
        self.assertEqual([header.dropped for header, _ in heard], [0, 100])
        self.assertEqual([header.isSnapshot for header, _ in heard], [False, True])
        self.stand.network.answer("a:1")
        self.tell(103)
        self.assertEqual(self.told("a")[2:], [answer(103)])
        self.assertEqual(self.stand.answers("a")[2][0].dropped, 0)

    def test_bytes(self) -> None:
        """Large answers are lost before there are a hundred; the newest is there, however large it is."""
        clock = NodeClock(Clock())
        channel = ResultChannel(Topic.asking(LOAD), clock, mostBytes=25)
        for number in range(5):
            channel.answered(b"%010d" % number)
        self.assertEqual([channel.lost(place) for place in range(5)], [3, 2, 0, 0, 0])
        self.assertEqual(channel.next(2, 0)[0].message, b"0000000003")
        channel.answered(b"x" * 30)
        self.assertEqual([channel.lost(place) for place in range(6)], [4, 3, 2, 1, 0, 0])
        self.assertEqual(channel.next(4, 0)[0].message, b"x" * 30)
        channel.caughtUp()
        self.assertEqual(channel.lost(5), 0)
        self.assertEqual(channel.end, 5)

    def test_rejected(self) -> None:
        """A notice the sink never takes is left out, which the next one says; it has the newest answer."""
        self.stand.network.statuses["a:1"] = [*[400] * 10, 202]
        self.stand.ask("a", LOAD)
        self.tell(1, 2)
        self.stand.advance(600.0)
        self.tell(3)
        heard = self.stand.answers("a")
        self.assertEqual([message for _, message in heard], [answer(2)] * 11 + [answer(3)])
        self.assertEqual([header.dropped for header, _ in heard[-2:]], [1, 0])


class RoomTests(AskingCase):
    """What the answers to all questions take."""

    def setUp(self) -> None:
        """There is room for a hundred bytes."""
        self.stand = Stand(mostAnswerBytes=100)
        self.standing = self.stand.standing

    def large(self, question: Question, *sizes: int) -> None:
        """Answers of so many bytes."""
        self.standing.tell(question, *("<r>" + "x" * (size - 7) + "</r>" for size in sizes))

    def sizes(self, id: str) -> list[int]:
        """Of the notices of a subscription; 0 for why there are no more."""
        told = self.told(id)
        return [0 if message.startswith("<gma:refused>") else len(message) for message in told]

    def test_full(self) -> None:
        """A question for whose answer there is no room is refused by the name of the bound; others go on."""
        self.stand.ask("a", LOAD)
        self.stand.ask("b", JOBS)
        self.large(LOAD, 10, 60, 50)
        self.large(JOBS, 50, 51)
        self.assertEqual((self.sizes("a"), self.sizes("b")), ([60, 50], [0]))
        self.assertIn("<gma:code>TooLarge</gma:code>", self.told("b")[0])
        self.assertIn("notice_answers", self.told("b")[0])
        self.assertEqual([row.id for row in self.stand.subscriptions.all()], ["a"])
        self.assertEqual(self.standing.log[-1], "end count(//job)")
        self.large(LOAD, 100)
        self.assertEqual(self.sizes("a"), [60, 50, 100])

    def test_ended(self) -> None:
        """It is not answered for any longer, whenever its subscribers hear of that."""
        self.stand.network.statuses["a:1"] = [None]
        self.stand.ask("a", LOAD)
        self.large(LOAD, 10, 20, 101)
        self.assertEqual(self.standing.log, ["watch //load", "end //load"])
        self.stand.network.answer("a:1")
        self.assertEqual(self.sizes("a"), [20, 0])

    def test_kept(self) -> None:
        """Of those that are kept for who is behind the oldest are lost before a question is refused."""
        self.stand.network.statuses["a:1"] = [None]
        self.stand.ask("a", LOAD)
        self.stand.ask("b", JOBS)
        self.large(JOBS, 40)
        self.large(LOAD, 7, 10, 20, 30, 40)
        self.stand.network.answer("a:1")
        self.stand.network.answer("a:1")
        self.assertEqual(self.sizes("a"), [10, 40])
        self.assertEqual(self.stand.answers("a")[1][0].dropped, 2)

    def fill(self, *sizes: int) -> list[Question]:
        """Somebody else has answers of so many bytes. @return: the questions; they are of C{f0}, C{f1}, ..."""
        questions = [Question(Language.XPATH, f"'{number}'") for number, _ in enumerate(sizes)]
        for number, (question, size) in enumerate(zip(questions, sizes, strict=True)):
            self.stand.ask(f"f{number}", question, owner="filler")
            self.large(question, size)
        return questions

    def ids(self) -> list[str]:
        """Subscriptions that are there."""
        return sorted(row.id for row in self.stand.subscriptions.all())

    def test_filled(self) -> None:
        """When one owner has all the room, an answer of another may grow: the largest of the first gives way."""
        self.stand.ask("a", LOAD, owner="honest")
        self.large(LOAD, 10)
        questions = self.fill(20, 40, 30)
        self.large(LOAD, 11)
        self.assertEqual((self.sizes("a"), self.sizes("f1")), ([11], [0]))
        self.assertEqual(self.ids(), ["a", "f0", "f2"])
        self.assertIn("[limits] notice_answers", self.told("f1")[0])
        self.assertEqual(self.standing.log[-1], "end '1'")
        # What went has left its room, and who is largest now is refused when it grows itself.
        self.large(questions[2], 69)
        self.large(questions[0], 21)
        self.assertEqual(self.sizes("f2"), [69, 0])
        self.large(LOAD, 79)
        self.assertEqual((self.sizes("a"), self.sizes("f0")), ([11, 79], [21]))
        self.large(LOAD, 80)
        self.assertEqual((self.sizes("a"), self.ids()), ([11, 79, 0], ["f0"]))

    def test_sameOwner(self) -> None:
        """Of the questions of one owner the largest gives way, not the one that changed."""
        self.stand.ask("a", LOAD, owner="filler")
        self.large(LOAD, 10)
        self.fill(40, 50)
        self.large(LOAD, 11)
        self.assertEqual((self.sizes("a"), self.ids()), ([11], ["a", "f0"]))

    def test_keptOfOthers(self) -> None:
        """Nobody is refused as long as answers are kept for somebody who is behind."""
        self.stand.network.statuses["f0:1"] = [None]
        self.stand.ask("a", LOAD, owner="honest")
        self.large(LOAD, 10)
        (question,) = self.fill(20)
        self.large(question, 21, 22, 23, 24)
        self.large(LOAD, 40)
        self.assertEqual((self.sizes("a"), self.ids()), ([40], ["a", "f0"]))
        self.stand.network.answer("f0:1")
        self.assertEqual(self.sizes("f0"), [21, 24])

    def test_behind(self) -> None:
        """What was refused leaves its room before those who are behind have heard of it."""
        self.stand = Stand(mostAnswerBytes=10_000)
        self.standing = self.stand.standing
        self.stand.network.statuses["f0:1"] = [None]
        self.stand.ask("a", LOAD, owner="honest")
        self.large(LOAD, 1_000)
        (question,) = self.fill(1_000)
        self.large(question, 9_000)
        self.large(LOAD, 1_001, 4_000)
        self.assertEqual((self.sizes("a"), self.ids()), ([1_001, 4_000], ["a", "f0"]))
        self.stand.network.answer("f0:1")
        self.stand.network.answer("f0:1")
        self.assertEqual((self.sizes("f0"), self.ids()), ([9_000, 0], ["a"]))

    def test_subscribing(self) -> None:
        """Who takes most is refused when subscribing already, and who takes less is not."""
        self.fill(40, 50)
        for owner, size, isRefused in (
            ("filler", 50, True),
            ("other", 101, True),
            ("other", 95, True),
            ("other", 50, False),
            ("filler", 10, False),
        ):
            self.standing.answer = b"x" * size
            checked = toDeferred(self.stand.questions.check(LOAD, Caller(owner)))
            if isRefused:
                self.failureResultOf(checked, TooLarge)
            else:
                self.successResultOf(checked)
            self.assertEqual(self.stand.questions.answerTo(LOAD) is None, isRefused)
            self.stand.questions.settled(LOAD)
        self.assertEqual(self.ids(), ["f0", "f1"])

    def test_released(self) -> None:
        """What nobody hears of any more takes nothing, however it ended."""
        for number in range(5):
            self.stand.ask(f"a{number}", LOAD)
            self.large(LOAD, 90, 91)
            if number % 2:
                self.standing.refuse(LOAD, ExtensibilityTypeError("wrong"))
            else:
                self.stand.unsubscribe(f"a{number}")
            self.assertEqual(self.sizes(f"a{number}")[0], 91)


class RefusedTests(AskingCase):
    """Questions without further answers."""

    why = ExtensibilityTypeError("XPath, line 1, column 2: <so>")
    words = (
        "<gma:refused><gma:code>extensibilityTypeFault</gma:code>"
        "<gma:reason>XPath, line 1, column 2: &lt;so&gt;</gma:reason></gma:refused>"
    )

    def ids(self) -> list[str]:
        """Subscriptions that are there."""
        return [row.id for row in self.stand.subscriptions.all()]

    def test_refused(self) -> None:
        """Every subscriber is told why, and its subscription is no more; the log says it once."""
        self.stand.ask("a", LOAD)
        self.stand.ask("b", LOAD, snapshot=True)
        self.stand.ask("c", JOBS)
        self.tell(1)
        with capturedLogs() as events:
            self.standing.refuse(LOAD, self.why)
        self.assertEqual(self.told("a"), [self.words])
        self.assertEqual(self.told("b"), [answer(1), self.words])
        self.assertEqual(self.ids(), ["c"])
        (text,) = (formatEvent(event) for event in events)
        self.assertEqual(
            text,
            "2 subscriptions to the answer of '//load' end: XPath, line 1, column 2: <so>",
        )

    def test_withoutAnswer(self) -> None:
        """Nobody has to have heard an answer before."""
        self.stand.ask("a", LOAD)
        self.stand.ask("b", LOAD, snapshot=True)
        self.standing.refuse(LOAD, self.why)
        self.assertEqual((self.told("a"), self.told("b")), ([self.words], [self.words]))
        self.assertEqual(self.ids(), [])

    def test_after(self) -> None:
        """Who is behind hears the answers there were, and then why there are no more."""
        self.stand.network.statuses["a:1"] = [None]
        self.stand.ask("a", LOAD)
        self.tell(1, 2, 3)
        self.standing.refuse(LOAD, self.why)
        for _ in range(3):
            self.assertEqual(self.ids(), ["a"])
            self.stand.network.answer("a:1")
        self.assertEqual(self.told("a"), [answer(2), answer(3), self.words])
        self.assertEqual(self.ids(), [])

    def test_again(self) -> None:
        """Who asks the same while somebody is still to be told is not taken for one of those."""
        self.stand.network.statuses["a:1"] = [None]
        self.stand.ask("a", LOAD)
        self.tell(1, 2)
        self.standing.refuse(LOAD, self.why)
        self.stand.ask("b", LOAD)
        self.tell(5, 6)
        self.stand.network.answer("a:1")
        self.stand.network.answer("a:1")
        self.assertEqual(self.told("a"), [answer(2), self.words])
        self.assertEqual((self.told("b"), self.ids()), ([answer(6)], ["b"]))
        self.stand.unsubscribe("b")
        self.assertEqual(self.standing.log, ["watch //load"] * 2 + ["end //load"])

    def test_notTaken(self) -> None:
        """A sink that does not take the last words is not told them again and again."""
        self.stand.network.statuses["a:1"] = [400]
        self.stand.ask("a", LOAD)
        self.standing.refuse(LOAD, self.why)
        self.stand.advance(600.0)
        self.assertEqual((self.told("a"), self.ids()), ([self.words] * 10, []))

    def test_notKept(self) -> None:
        """A question that cannot even be begun with is refused as well, after the commit that brought it."""
        for error in (Busy("full"), TooLarge("long")):
            self.standing.why = error
            self.stand.ask("a", LOAD)
            self.assertEqual(self.ids(), ["a"])
            self.stand.advance(0.0)
            (message,) = self.told("a")
            self.assertIn(error.message, message)
            self.assertEqual(self.ids(), [])
            self.stand.network.arrived.clear()
            self.stand._instants.clear()

    def test_notKeptEnded(self) -> None:
        """Nobody is told of it any more who has ended the subscription meanwhile."""
        self.standing.why = Busy("full")
        self.stand.ask("a", LOAD)
        self.stand.unsubscribe("a")
        self.stand.advance(1.0)
        self.assertEqual(self.told("a"), [])

    def test_otherLanguage(self) -> None:
        """So is one in a language that is not there, as after a restart with less than before."""
        self.stand.ask("a", Question(Language.XQUERY, "1"))
        self.stand.advance(0.0)
        self.assertIn("extensibilityNotSupportedFault", self.told("a")[0])


class KeptTests(AskingCase):
    """Another life of the node."""

    def test_restart(self) -> None:
        """A new epoch begins with the answer there is, for everybody, and goes on with what changes."""
        self.stand.ask("a", LOAD)
        self.tell(1, 2)
        self.stand.notifier.stop()
        self.stand.notifier = self.stand.makeNotifier(8)
        self.stand.notifier.start()
        self.tell(2, 3)
        heard = self.stand.answers("a")
        self.assertEqual([message for _, message in heard], [answer(2), answer(2), answer(3)])
        self.assertEqual(
            [(header.epoch, header.sequence, header.isSnapshot) for header, _ in heard],
            [(7, 1, False), (8, 1, True), (8, 2, False)],
        )
