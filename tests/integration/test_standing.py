"""Subscribers to the answers to questions, at real nodes with their query processes (WIRE 3, standing queries)."""

import contextlib
import signal
import time
from pathlib import Path
from urllib.error import HTTPError, URLError

from lxml import etree

from gma_twisted.markup.namespaces import GMA, OGSI, SOAP11
from tests.integration.foreign.shared import SharedNode, poll
from tests.integration.foreign.sink import ForeignSink
from tests.integration.foreign.zeepcase import ZeepCase, fromNow
from tests.integration.twistd import Node, fetch

_SITE = "urn:example:site"
_UPDATE = (
    f'<ogsi:setByServiceDataNames xmlns:ogsi="{OGSI}" xmlns:s="{_SITE}">%s'
    "</ogsi:setByServiceDataNames>"
)
_XPATH = (
    f'<gma:subscribeByXPath xmlns:gma="{GMA}" gma:snapshot="true"><name>{{{_SITE}}}%s</name>'
    "<XPath>%s</XPath></gma:subscribeByXPath>"
)
_XQUERY = (
    f'<gma:subscribeByXQuery xmlns:gma="{GMA}" xmlns:s="{_SITE}" gma:snapshot="true">'
    "<query>%s</query></gma:subscribeByXQuery>"
)
_DESTROY = (
    f'<e:Envelope xmlns:e="{SOAP11}"><e:Body><o:destroy xmlns:o="{OGSI}"/></e:Body></e:Envelope>'
)
_KEPT = f"""
[sde."{{{_SITE}}}Mark"]
modifiable = true
mutability = "mutable"
value = '<s:Mark xmlns:s="{_SITE}">0</s:Mark>'
"""
# Seconds in which a look at the questions has come, whatever the language.
_LOOKED = 1.0


class _StandingCase(ZeepCase):
    """A sink, and values that are set."""

    base = ""

    def setUp(self) -> None:
        """Listen."""
        self.sink = ForeignSink(self.addCleanup)

    def use(self, base: str) -> None:
        """Talk to this node."""
        self.base = base
        self.index = self.shared(f"{base}/services/index")

    def mark(self, *numbers: int) -> None:
        """Set the values."""
        values = "".join(f"<s:Mark>{number}</s:Mark>" for number in numbers)
        update = etree.fromstring(_UPDATE % values)
        self.index.service.setServiceData({"_value_1": update})

    def subscribe(self, expression: str) -> str:
        """Subscribe, until the test ends. @return: the handle"""
        granted = self.index.service.subscribe(
            subscriptionExpression={"_value_1": etree.fromstring(expression)},
            sink={"handle": [self.sink.url]},
            expirationTime=fromNow(120),
        )
        (handle,) = granted.subscriptionInstanceLocator.handle
        self.addCleanup(self.end, handle)
        return str(handle)

    def end(self, handle: str) -> None:
        """End a subscription, if it is there."""
        with contextlib.suppress(HTTPError, URLError):
            fetch(handle, _DESTROY.encode())

    def told(self) -> list[list[str]]:
        """The results in each notice."""
        return [[one.text for one in notice.values] for notice in self.sink.notices]

    def hears(self, *expected: list[str]) -> None:
        """Wait until this has been told, and nothing else."""
        poll(self.told, lambda told: len(told) >= len(expected))
        self.assertEqual(self.told(), list(expected))


class StandingTests(_StandingCase):
    """A node with query processes."""

    def setUp(self) -> None:
        """The node of all tests with foreign clients."""
        super().setUp()
        self.use(SharedNode.get().base)
        self.mark(0)

    def isThere(self, handle: str) -> bool:
        """Whether a subscription is."""
        try:
            return bool(fetch(f"{handle}?wsdl"))
        except HTTPError:
            return False

    def test_xpath(self) -> None:
        """Exactly the changes of the answer are told, in order, also of a name that is known later only."""
        self.subscribe(_XPATH % ("Mark", ". &gt; 5"))
        self.hears(["false"])
        self.mark(1)
        time.sleep(_LOOKED)
        self.mark(9)
        self.hears(["false"], ["true"])
        self.mark(10)
        time.sleep(_LOOKED)
        self.mark(9, 1)
        self.hears(["false"], ["true"], ["true", "false"])
        self.mark(2)
        self.hears(["false"], ["true"], ["true", "false"], ["false"])
        headers = [notice.header for notice in self.sink.notices]
        self.assertEqual([one["sequence"] for one in headers], ["1", "2", "3", "4"])
        self.assertEqual([one.get("snapshot") for one in headers], ["true", None, None, None])
        self.assertFalse(any("dropped" in one for one in headers))
        tags = {notice.message.tag for notice in self.sink.notices}
        self.assertEqual(tags, {f"{{{OGSI}}}XPathQueryResults"})

    def test_atOnce(self) -> None:
        """What changes as soon as the subscription is there is told, although nobody has looked at it yet."""
        for number, template in enumerate((_XPATH % ("Mark", "string(.)"), _XQUERY % "sum(?*)")):
            expression = template.replace(' gma:snapshot="true"', "")
            expression = expression.replace("sum(?*)", "sum(?*[self::s:Mark])")
            self.subscribe(expression)
            self.mark(number + 7)
            # A node that is behind would tell both changes as one.
            poll(self.told, lambda told, count=number: len(told) > count)  # type: ignore[misc]
        self.hears(["7"], ["8"], ["8"])

    def test_unknown(self) -> None:
        """A question may be about names that nothing is known of."""
        self.subscribe(_XPATH % ("Nothing", "."))
        self.hears([])

    def test_xquery(self) -> None:
        """The same in XQuery, over all values together."""
        self.subscribe(_XQUERY % "sum(?*[self::s:Mark])")
        self.hears(["0"])
        self.mark(3, 4)
        self.hears(["0"], ["7"])
        self.mark(6, 1)
        time.sleep(_LOOKED)
        self.mark(8)
        self.hears(["0"], ["7"], ["8"])

    def test_refused(self) -> None:
        """What is wrong with an expression is told at once."""
        for expression, language in (
            (_XPATH % ("Mark", "//("), "XPath"),
            (_XQUERY % "(", "XQuery"),
        ):
            call = self.index.service.subscribe
            detail = self.refused(
                self.index,
                "extensibilityTypeFault",
                call,
                {"_value_1": etree.fromstring(expression)},
                {"handle": [self.sink.url]},
                fromNow(60),
            )
            self.assertIn(f"{language}, line 1, column", detail.description[0])

    def test_failsLater(self) -> None:
        """One that fails over later values tells why, and its subscription is no more."""
        self.mark(6)
        handle = self.subscribe(_XQUERY % "?*[self::s:Mark] ! (12 idiv xs:integer(.))")
        self.hears(["2"])
        self.mark(0)
        poll(lambda: len(self.sink.notices), lambda count: count == 2)
        words = {etree.QName(one).localname: one.text for one in self.sink.notices[1].message}
        self.assertEqual(self.sink.notices[1].message.tag, f"{{{GMA}}}refused")
        self.assertEqual(words["code"], "extensibilityTypeFault")
        self.assertIn("XQuery, line 1", words["reason"])
        poll(lambda: self.isThere(handle), lambda there: not there)


class KilledTests(_StandingCase):
    """A node with a state directory."""

    def start(self, port: str = "0") -> Node:
        """A life of the node."""
        return Node(
            self.home,
            self.addCleanup,
            "-c",
            "node.toml",
            "--listen",
            f"tcp:{port}:interface=127.0.0.1",
            "--state-dir",
            str(self.home / "state"),
        )

    def test_killed(self) -> None:
        """After kill -9 and a restart the answer comes anew in a higher epoch, and what changes follows."""
        self.home = Path(self.mktemp()).absolute()
        self.home.mkdir(mode=0o755)
        (self.home / "node.toml").write_text(_KEPT)
        node = self.start()
        self.use(node.url())
        self.subscribe(_XPATH % ("Mark", "string(.)"))
        self.mark(1)
        poll(self.told, lambda told: told[-1:] == [["1"]])
        before = len(self.sink.notices)
        self.assertEqual(node.signal(signal.SIGKILL), -signal.SIGKILL)
        again = self.start(self.base.rpartition(":")[2])
        self.assertEqual(again.url(), self.base)
        poll(self.told, lambda told: len(told) > before)
        self.mark(2)
        poll(self.told, lambda told: len(told) > before + 1)
        first, second = self.sink.notices[before:]
        self.assertEqual(self.told()[before:], [["0"], ["2"]])
        self.assertGreater(first.epoch, self.sink.notices[0].epoch)
        self.assertEqual((first.sequence, second.sequence), (1, 2))
        self.assertEqual(again.signal(), 0)
        self.assertNotIn("Traceback", "".join(again.lines))
