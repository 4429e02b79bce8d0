"""Messages written by hand, as old clients and curl send them: what is tolerated, and what is told of the rest."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from xml.sax.saxutils import escape

from lxml import etree
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from gma_twisted.markup.namespaces import GMA, OGSI, REG, SOAP11, XSI
from tests.integration.foreign.registering import newMember, readEntry
from tests.integration.foreign.registries import SharedRegistry
from tests.integration.foreign.shared import SharedNode
from tests.integration.twistd import fetch
from tests.readme import ROOT, readBlocks

_ENVELOPE = (
    f'<e:Envelope xmlns:e="{SOAP11}" xmlns:ogsi="{OGSI}" xmlns:reg="{REG}" xmlns:gma="{GMA}"'
    f' xmlns:xsi="{XSI}"><e:Body>%s</e:Body></e:Envelope>'
)
_DETAIL = f"{{{SOAP11}}}Body/{{{SOAP11}}}Fault/detail"


def send(url: str, content: str) -> etree._Element:
    """The element in the Body of the answer, or in the detail of its fault."""
    try:
        answer = etree.fromstring(fetch(url, (_ENVELOPE % content).encode()))
    except HTTPError as error:
        with error:
            answer = etree.fromstring(error.read())
    found = answer.find(_DETAIL)
    return answer[-1][0] if found is None else found[0]


class MessageCase(SynchronousTestCase):
    """The nodes that all share."""

    timeout = 60

    def setUp(self) -> None:
        """Start them when it is the first."""
        self.index = SharedNode.get().url
        self.container = f"{SharedNode.get().base}/services/container"
        self.registry = SharedRegistry.get().url

    def done(self, url: str, content: str) -> etree._Element:
        """A call that is answered."""
        answer = send(url, content)
        self.assertRegex(str(answer.tag), "Response$", etree.tostring(answer))
        return answer

    def refused(self, kind: str, url: str, content: str) -> None:
        """A call that is not."""
        self.assertEqual(etree.QName(send(url, content)).localname, kind)

    def added(self, content: str) -> str:
        """The entry C{add} made."""
        (handle,) = self.done(self.registry, content).iter(f"{{{OGSI}}}handle")
        return handle.text or ""


class UnqualifiedTests(MessageCase):
    """Children without a namespace."""

    def test_registration(self) -> None:
        """registerService, renewServices and unregisterService, and their inner parts in any order."""
        member = newMember()
        answer = self.done(
            self.registry,
            f"<reg:registerService><lifetime> 60 </lifetime><attribute><value>1</value><name>a</name>"
            f"</attribute><interface><localName>b</localName><namespace>urn:b</namespace></interface>"
            f'<name xsi:nil="true"/><content><c/></content><handle> {member} </handle></reg:registerService>',
        )
        entry = answer.findtext(f"{{{REG}}}entry") or ""
        found = readEntry(entry)
        assert found is not None
        self.assertIsNotNone(found.find(f"{{{OGSI}}}content/c"))
        renewed = self.done(
            self.registry, f"<reg:renewServices><entry>{entry}</entry></reg:renewServices>"
        )
        self.assertEqual(renewed.findtext(f"{{{REG}}}result/{{{REG}}}state"), "renewed")
        gone = f"<reg:unregisterService><handle>{member}</handle></reg:unregisterService>"
        self.done(self.registry, gone)
        self.assertIsNone(readEntry(entry))

    def test_group(self) -> None:
        """add and remove, the attributes of the time as well; an interface as a name, or in Clark notation."""
        member = newMember()
        inside = f"<handle>{member}</handle><interface>%s</interface>"
        for time in (
            "",
            'after="2001-01-01T00:00:00Z" before="infinity"',
            'ogsi:before="infinity"',
        ):
            entry = self.added(
                f"<ogsi:add><serviceLocator xsi:type='ogsi:LocatorType'>{inside % ' ogsi:Factory '}"
                f"</serviceLocator><terminationTime {time}/></ogsi:add>"
            )
            self.assertIsNotNone(readEntry(entry))
        self.done(
            self.registry,
            "<ogsi:remove><matchExpression><ogsi:matchByLocatorEquivalence><locator>"
            f"{inside % f'{{{OGSI}}}Factory'}</locator></ogsi:matchByLocatorEquivalence>"
            "</matchExpression></ogsi:remove>",
        )
        self.assertIsNone(readEntry(entry))

    def test_end(self) -> None:
        """The times of an entry."""
        entry = self.added(
            f"<ogsi:add><serviceLocator><handle>{newMember()}</handle></serviceLocator></ogsi:add>"
        )
        for operation in ("requestTerminationAfter", "requestTerminationBefore"):
            time = "<terminationTime> infinity </terminationTime>"
            answer = self.done(entry, f"<ogsi:{operation}>{time}</ogsi:{operation}>")
            self.assertIn(f"{{{OGSI}}}before", answer[0].attrib)
        self.done(entry, "<ogsi:destroy/>")
        self.refused("serviceHasTerminatedFault", entry, "<ogsi:destroy/>")

    def test_container(self) -> None:
        """createService and findByHandle."""
        answer = self.done(
            self.container,
            '<ogsi:createService><terminationTime before="infinity"/><creationParameters><gma:service>'
            "<kind> holder </kind><argument><value>a</value><name>serviceDataName</name></argument>"
            "</gma:service></creationParameters></ogsi:createService>",
        )
        handle = answer.findtext(f"{{{OGSI}}}locator/{{{OGSI}}}handle") or ""
        found = f"<handleSet><handle>{handle}</handle></handleSet>"
        self.done(self.container, f"<ogsi:findByHandle>{found}</ogsi:findByHandle>")
        self.done(handle, "<ogsi:destroy/>")

    def test_operation(self) -> None:
        """The operation itself is never guessed."""
        for content in ("<destroy/>", "<ogsi:registerService/>", "<reg:destroy/>"):
            self.refused("NotImplementedException", self.registry, content)


class TextTests(MessageCase):
    """Expressions as text, as old Perl clients send them: our prefixes need no declaration there."""

    def test_group(self) -> None:
        """The content of add, and what remove matches."""
        member = newMember()
        locator = f"<ogsi:handle>{member}</ogsi:handle>"
        content = escape("<gma:note>1 &lt; 2</gma:note>")
        entry = self.added(
            f"<ogsi:add><ogsi:serviceLocator>{locator}</ogsi:serviceLocator>"
            f"<ogsi:content>{content}</ogsi:content></ogsi:add>"
        )
        found = readEntry(entry)
        assert found is not None
        self.assertEqual(found.findtext(f"{{{OGSI}}}content/{{{GMA}}}note"), "1 < 2")
        match = escape(
            f"<ogsi:matchByLocatorEquivalence><ogsi:locator>{locator}</ogsi:locator>"
            "</ogsi:matchByLocatorEquivalence>"
        )
        self.done(
            self.registry,
            f"<ogsi:remove><ogsi:matchExpression>{match}</ogsi:matchExpression></ogsi:remove>",
        )
        self.assertIsNone(readEntry(entry))

    def test_setServiceData(self) -> None:
        """Updates; many values in one, and the names to delete as a list in an attribute."""
        space = 'xmlns:s="urn:example:site"'
        for update in (
            f"<ogsi:setByServiceDataNames {space}><s:State>a</s:State><s:Mark/><s:State>b</s:State>"
            "</ogsi:setByServiceDataNames>",
            f'<ogsi:deleteByServiceDataNames {space} names=" s:Mark "/>',
        ):
            self.done(
                self.index,
                f"<ogsi:setServiceData><updateExpression>{escape(update)}</updateExpression>"
                "</ogsi:setServiceData>",
            )

    def test_createService(self) -> None:
        """What is to be made."""
        asked = escape("<gma:service><gma:kind>holder</gma:kind></gma:service>")
        answer = self.done(
            self.container,
            f"<ogsi:createService><ogsi:creationParameters>{asked}</ogsi:creationParameters>"
            "</ogsi:createService>",
        )
        self.done(answer.findtext(f"{{{OGSI}}}locator/{{{OGSI}}}handle") or "", "<ogsi:destroy/>")

    def test_refused(self) -> None:
        """Text that is no single element is an extensibilityTypeFault."""
        for text in ("<a", "<a/><b/>", "a", "<!DOCTYPE a><a/>"):
            content = f"<ogsi:content>{escape(text)}</ogsi:content>"
            member = f"<ogsi:serviceLocator><ogsi:handle>{newMember()}</ogsi:handle></ogsi:serviceLocator>"
            self.refused(
                "extensibilityTypeFault", self.registry, f"<ogsi:add>{member}{content}</ogsi:add>"
            )


class PageTests(MessageCase):
    """What docs/registry.md shows, word by word but for addresses and a pause."""

    def output(self, *command: str) -> str:
        """The output of a command that must succeed."""
        environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "no_proxy": "*"}
        environment |= {"PYTHONPATH": str(ROOT)}
        ended = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=30, check=False
        )
        self.assertEqual(ended.returncode, 0, ended.stderr)
        return ended.stdout

    def here(self, text: str) -> str:
        """For the registry of the tests."""
        return text.replace("http://127.0.0.1:8481/services/registry", self.registry)

    def test_curl(self) -> None:
        """curl registers."""
        if shutil.which("curl") is None:
            raise SkipTest("curl is not installed")
        (command,) = (
            block.text for block in readBlocks("docs/registry.md", "") if "curl" in block.text
        )
        told = self.output("/bin/sh", "-c", "curl -s " + self.here(command).removeprefix("curl"))
        answer = etree.fromstring(told.encode())[0][0]
        self.assertEqual(answer.findtext(f"{{{REG}}}lifetime"), "300")

    def test_programs(self) -> None:
        """zeep registers, renews and unregisters; so does a program on Twisted."""
        _, zeep, native = (block.text for block in readBlocks("docs/registry.md", "python"))
        told = self.output(sys.executable, "-c", self.here(zeep))
        self.assertRegex(told, f"^{re.escape(self.registry)}/entries/\\w+ 300\n")
        self.assertIn("'state': 'renewed'", told)
        member = newMember()
        shortened = native.replace("sleep(clock, 5)", "sleep(clock, 0.5)")
        self.assertNotEqual(shortened, native)
        told = self.output(sys.executable, "-c", shortened, self.registry, member)
        self.assertIn("registered", told)
        gone = f"<reg:unregisterService><handle>{member}</handle></reg:unregisterService>"
        self.refused("UnknownId", self.registry, gone)


del MessageCase
