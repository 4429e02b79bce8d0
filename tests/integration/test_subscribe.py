"""A subscriber of plain OGSI, written with zeep and a small HTTP server, at two real nodes (OGSI 1.0, chapter 11)."""

import itertools
import signal
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from gma_twisted.markup.namespaces import OGSI
from tests.integration.foreign.client import ForeignFault
from tests.integration.foreign.shared import SharedNode, poll
from tests.integration.foreign.sink import ForeignSink
from tests.integration.foreign.zeepcase import ZeepCase, fromNow
from tests.integration.foreign.zeepclient import ZeepClient
from tests.integration.twistd import Node

HOST = "{http://glue.base.ogsa.globus.org/ce/1.1}Host"
ENTRY = f"{{{OGSI}}}entry"
_CONFIGURATION = """
[providers.system]
class = "SimpleSystemInformationProvider"
interval = "200ms"
"""


class _SubscribeCase(ZeepCase):
    def setUp(self) -> None:
        """Listen."""
        self.home = Path(self.mktemp()).absolute()
        self.home.mkdir(mode=0o755)
        self.sink = ForeignSink(self.addCleanup)

    def node(self, name: str, text: str, listen: str = "tcp:0", kind: str = "gma-index") -> Node:
        """Start a node with a state directory of its name."""
        (self.home / f"{name}.toml").write_text(text)
        return Node(
            self.home,
            self.addCleanup,
            "-c",
            f"{name}.toml",
            "--listen",
            f"{listen}:interface=127.0.0.1",
            "--state-dir",
            str(self.home / name),
            kind=kind,
        )

    def subscribe(self, client: ZeepClient, name: str, seconds: float, **asked: Any) -> ZeepClient:
        """Subscribe. @return: the subscription, as a service"""
        made = client.made("subscribeByServiceDataNames", name=[name], **asked)
        granted = client.service.subscribe(
            subscriptionExpression=client.wrapped(made),
            sink={"handle": [self.sink.url]},
            expirationTime=fromNow(seconds),
        )
        self.assertEnds(granted.currentTerminationTime, seconds)
        (handle,) = granted.subscriptionInstanceLocator.handle
        return self.open(handle)

    def hears(self, count: int) -> None:
        """Wait for so many notices more."""
        before = len(self.sink.notices)
        poll(lambda: len(self.sink.notices), lambda now: now >= before + count)

    def quiet(self) -> None:
        """Nothing comes any more, in the time of three notices."""
        time.sleep(0.4)  # what was on its way when it ended
        before = len(self.sink.notices)
        time.sleep(3 * SharedNode.INTERVAL)
        self.assertEqual(len(self.sink.notices), before)


class Subscribe11Tests(_SubscribeCase):
    """The life of a subscription."""

    def setUp(self) -> None:
        """The node of all tests with foreign clients."""
        super().setUp()
        self.base = SharedNode.get().base
        self.client = self.shared(f"{self.base}/services/index")

    def subscribe(self, client: ZeepClient, name: str, seconds: float, **asked: Any) -> ZeepClient:
        """The same, and end it after the test."""
        subscription = super().subscribe(client, name, seconds, **asked)
        self.addCleanup(self.end, subscription)
        return subscription

    def end(self, subscription: ZeepClient) -> None:
        """End a subscription."""
        try:
            subscription.destroy()
        except ForeignFault:
            pass  # the test did, or its time is over

    def test_whole(self) -> None:
        """Notices hold all values, with lifetimes ahead, numbered from 1 without a gap."""
        subscription = self.subscribe(self.client, HOST, 60)
        self.hears(3)
        for number, notice in enumerate(self.sink.notices, 1):
            self.assertEqual(notice.sequence, number)
            self.assertEqual(notice.header["subscription"], subscription.handle)
            (host,) = notice.values
            self.assertEqual(host.tag, HOST)
            until = datetime.fromisoformat(host.get(f"{{{OGSI}}}goodUntil"))
            sent = datetime.fromisoformat(notice.header["sent"])
            self.assertGreater(until, sent)
        self.assertEqual(len({notice.epoch for notice in self.sink.notices}), 1)

    def test_minInterval(self) -> None:
        """Who asks for a pause between notices has it."""
        self.subscribe(self.client, HOST, 60, minInterval="PT1S")
        self.hears(3)
        # The sender's clock: a busy machine may bring two notices here at nearly the same time.
        sent = [datetime.fromisoformat(notice.header["sent"]) for notice in self.sink.notices]
        for earlier, later in itertools.pairwise(sent):
            self.assertGreaterEqual((later - earlier).total_seconds(), 0.99)

    def test_serviceData(self) -> None:
        """What was subscribed to, and where notices go, is service data of the subscription."""
        subscription = self.subscribe(self.client, HOST, 60, minInterval="PT1S")
        (sink,) = subscription.findNative(f"{{{OGSI}}}sinkLocator")
        self.assertEqual(sink.handle, [self.sink.url])
        (expression,) = subscription.findNative(f"{{{OGSI}}}subscriptionExpression")
        asked = expression._value_1
        self.assertEqual(asked.minInterval.total_seconds(), 1.0)
        (name,) = asked.name
        self.assertTrue(str(name._value_1).endswith("Host"), name)
        (end,) = subscription.findNative(f"{{{OGSI}}}terminationTime")
        end.timestamp = fromNow(0)
        self.assertEnds(end, 60)
        names = subscription.findNative(f"{{{OGSI}}}interface")
        self.assertIn("NotificationSubscription", [one.rpartition(":")[2] for one in names])

    def test_renewed(self) -> None:
        """A lease that is renewed goes on; that of the other one, which is not, ends its notices."""
        subscription = self.subscribe(self.client, HOST, 3)
        first = fromNow(3)
        self.assertEnds(subscription.service.requestTerminationAfter(fromNow(5)), 5)
        time.sleep(5)
        self.quiet()
        # As the sender tells it: when it comes here is the machine's affair.
        self.assertGreater(datetime.fromisoformat(self.sink.notices[-1].header["sent"]), first)
        gone, renew = "serviceHasTerminatedFault", subscription.service.requestTerminationAfter
        detail = self.refused(subscription, gone, renew, fromNow(60))
        self.assertIn("its lease was not renewed", detail.description[0])

    def test_destroyed(self) -> None:
        """What is destroyed tells nothing more."""
        subscription = self.subscribe(self.client, HOST, 60)
        self.hears(1)
        subscription.destroy()
        self.quiet()
        gone = "serviceHasTerminatedFault"
        detail = self.refused(subscription, gone, subscription.service.destroy)
        self.assertIn("it was ended", detail.description[0])

    def test_refused(self) -> None:
        """Sinks elsewhere, names that are not known and expressions that are not understood are refused."""
        service, wrapped = self.client.service, self.client.wrapped
        made = wrapped(self.client.made("subscribeByServiceDataNames", name=[HOST]))
        unknown = wrapped(self.client.made("subscribeByServiceDataNames", name=["{urn:a}b"]))
        query = wrapped(self.client.made("queryByServiceDataNames", name=[HOST]))
        here = {"handle": [self.sink.url]}
        for kind, expression, sink in (
            ("Refused", made, {"handle": ["http://127.0.0.2:8480/sink"]}),
            ("Refused", made, {"handle": ["http://10.1.2.3/sink"]}),
            ("targetInvalidFault", unknown, here),
            ("extensibilityNotSupportedFault", query, here),
        ):
            self.refused(self.client, kind, service.subscribe, expression, sink, fromNow(60))

    def test_tellsWhat(self) -> None:
        """Every service says what can be subscribed to, and how."""
        byNames, byXPath = "subscribeByServiceDataNames", "subscribeByXPath"
        for path, expected in (("index", {byNames, byXPath}), ("container", {byNames})):
            client = self.open(f"{self.base}/services/{path}")
            names = client.findNative(f"{{{OGSI}}}notifiableServiceDataName")
            self.assertIn("entry", [one.rpartition(":")[2] for one in names])
            found = client.findNative(f"{{{OGSI}}}subscribeExtensibility")
            told = {one.inputElement.rpartition(":")[2] for one in found}
            self.assertEqual(told - {"subscribeByXQuery"}, expected)


class Subscribe12Tests(Subscribe11Tests):
    """The same, asked in SOAP 1.2; notices come in SOAP 1.1."""

    isSoap12 = True


class TwoNodesTests(_SubscribeCase):
    """One subscriber at two nodes."""

    def test_entries(self) -> None:
        """A registry tells of an index that comes, beside what the index itself tells."""
        registry = self.node("registry", "", kind="gma-registry").url()
        self.subscribe(self.open(f"{registry}/services/registry"), ENTRY, 60)
        register = f'[register.vo]\nat = "{registry}/services/registry"\n'
        index = self.node("index", _CONFIGURATION + register).url()
        self.subscribe(self.open(f"{index}/services/index"), HOST, 60)

        def told() -> set[str]:
            return {value.tag for notice in self.sink.notices for value in notice.values}

        poll(told, lambda tags: tags >= {ENTRY, HOST})
        (entry,) = (
            value for notice in self.sink.notices for value in notice.values if value.tag == ENTRY
        )
        members = [one.text for one in entry.iter(f"{{{OGSI}}}handle")]
        self.assertIn(f"{index}/services/index", members)


class KilledTests(_SubscribeCase):
    """A node with a state directory."""

    def test_killed(self) -> None:
        """After kill -9 and a restart the subscription is there, and notices go on in a higher epoch."""
        node = self.node("index", _CONFIGURATION)
        base = node.url()
        subscription = self.subscribe(self.open(f"{base}/services/index"), HOST, 60)
        self.hears(2)
        self.assertEqual(node.signal(signal.SIGKILL), -signal.SIGKILL)
        before = list(self.sink.notices)
        again = self.node("index", _CONFIGURATION, f"tcp:{base.rpartition(':')[2]}")
        self.assertEqual(again.url(), base)
        poll(
            lambda: [one for one in self.sink.notices[len(before) :] if one.values],
            lambda later: len(later) > 1,
        )
        later = self.sink.notices[len(before) :]
        self.assertEqual(len({one.epoch for one in later}), 1)
        self.assertGreater(later[0].epoch, before[-1].epoch)
        self.assertEqual([one.sequence for one in later[:2]], [1, 2])
        self.assertEqual(later[0].header["subscription"], subscription.handle)
        self.assertEnds(subscription.service.requestTerminationAfter(fromNow(120)), 120)
        subscription.destroy()
        self.quiet()
        self.assertEqual(again.signal(), 0)
        self.assertNotIn("Traceback", "".join(again.lines))
        self.assertNotIn("Unhandled", "".join(again.lines))
