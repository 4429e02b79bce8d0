"""What is asked, and that an answer about other hosts is found wrong."""

from twisted.trial.unittest import SynchronousTestCase

from bench.answers import WrongAnswer
from bench.asking import questionMessage
from bench.hosts import Hosts, hostXML, keyOf, originatorOf
from bench.questions import ASKED, MEMBERS, memberOf
from gma_twisted.markup import XMLGate
from gma_twisted.soap.questions import QuestionLimits, readQuestion


class AskedTests(SynchronousTestCase):
    """L{ASKED}."""

    def setUp(self) -> None:
        """Hosts that have changed."""
        self.hosts = Hosts.of(2000)
        for _ in range(300):
            self.hosts.change()
        self.asked = {one.name: one for one in ASKED}

    def checked(self, name: str, body: bytes) -> None:
        """The answer is right now, and was not before the last changes."""
        one = self.asked[name]
        one.check(body, self.hosts)
        with self.assertRaises(WrongAnswer):
            one.check(body, Hosts.of(2000))
        with self.assertRaises(WrongAnswer):
            one.check(b"", self.hosts)

    def test_selected(self) -> None:
        """Values as they are: each busy host once."""
        body = b"".join(hostXML(host) for host in self.hosts.all if host.load >= 990)
        self.checked("XPath selection", body)
        self.checked("XQuery predicate", body)
        with self.assertRaises(WrongAnswer):
            self.asked["XPath selection"].check(body + body, self.hosts)

    def test_groups(self) -> None:
        """A row for each originator."""
        free: dict[str, int] = {}
        for host in self.hosts.all:
            site = originatorOf(host.number)
            free[site] = free.get(site, 0) + host.free
        rows = (f'<site handle="{site}" hosts="20" free="{free[site]}"/>' for site in sorted(free))
        self.checked("group-by", "".join(rows).encode())

    def test_members(self) -> None:
        """A row for each registration, whatever their order."""
        numbers = [memberOf(number, 2000) for number in range(MEMBERS)]
        rows = (
            f'<member load="{self.hosts.all[number].load}" at="http://{keyOf(number)}.grid/"/>'
            for number in reversed(numbers)
        )
        self.checked("join", "".join(rows).encode())

    def test_count(self) -> None:
        """One number."""
        count = sum(host.free >= 50_000 for host in self.hosts.all)
        self.checked("XQuery count", b'<gma:result xsi:type="xsd:integer">%d</gma:result>' % count)

    def test_readable(self) -> None:
        """The node reads from the message what is asked, and that it shall say what it took."""
        for one in ASKED:
            root = XMLGate().parse(questionMessage(one.question))
            expression = root[0][0][0][0]
            asked = readQuestion(expression, one.question.language, QuestionLimits())
            self.assertEqual(asked.question, one.question)
            self.assertTrue(asked.isExplained)
