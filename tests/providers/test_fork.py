"""The processes of this host as a scheduler."""

import os
import socket
from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase

from gma_twisted.errors import ParameterError, ProviderFailed, TooLarge
from gma_twisted.execution import describe
from gma_twisted.execution.arguments import forCallers
from gma_twisted.interfaces import IDOMDataProvider
from gma_twisted.markup import Element, nameOf
from gma_twisted.markup.jobs import JOB, QUEUE, SCHEDULER
from gma_twisted.markup.namespaces import RIPS
from gma_twisted.model import ProviderParameter
from gma_twisted.processes import ProviderRuntime
from gma_twisted.providers.fork import ForkInfoProvider
from gma_twisted.testing import ProviderContract
from gma_twisted.timing.bridge import toDeferred
from gma_twisted.timing.clock import NodeClock
from tests.providers.test_script import Recorder


def runtime(clock: Clock | None = None) -> ProviderRuntime:
    """What a node gives."""
    return ProviderRuntime(NodeClock(clock or Clock(), lambda: 1.8e9), Recorder())


class ContractTests(ProviderContract, TestCase):
    """ForkInfoProvider keeps the contract."""

    def makeProvider(self) -> IDOMDataProvider:
        """As it is configured by default."""
        return ForkInfoProvider(runtime=runtime())


class ForkTests(SynchronousTestCase):
    """ForkInfoProvider."""

    def document(self, **arguments: Any) -> Element:
        """What it gives of this machine."""
        provider = ForkInfoProvider(**arguments, runtime=runtime())
        return self.successResultOf(toDeferred(provider.provideDocument()))

    def texts(self, root: Element, name: str) -> list[str]:
        """Texts of all children of jobs with the name."""
        return [
            one.text or "" for job in root.iter(JOB.clark) for one in job.iter(f"{{{RIPS}}}{name}")
        ]

    def test_scheduler(self) -> None:
        """A scheduler called fork has a queue of that name that starts jobs at once."""
        root = self.document()
        self.assertEqual(nameOf(root), SCHEDULER)
        self.assertEqual(root.findtext(f"{{{RIPS}}}name"), "fork")
        self.assertEqual(root.findtext(f"{{{RIPS}}}version"), f"Linux {os.uname().release}")
        (queue,) = root.iter(QUEUE.clark)
        told = [(nameOf(one).localName, one.text) for one in queue]
        self.assertEqual(
            told, [("name", "fork"), ("status", "enabled"), ("dispatchType", "immediate")]
        )

    def test_ourselves(self) -> None:
        """This process is among the jobs of its user, on this host."""
        root = self.document()
        self.assertIn(f"pid-{os.getpid()}", self.texts(root, "jobID"))
        self.assertEqual(set(self.texts(root, "nodes")), {socket.gethostname()})
        self.assertEqual(len(set(self.texts(root, "username"))), 1)

    def test_users(self) -> None:
        """Everybody's processes, or those of a user by name or number."""
        everybody = self.texts(self.document(username="*"), "jobID")
        self.assertIn(f"pid-{os.getpid()}", everybody)
        number = self.texts(self.document(username=str(os.geteuid())), "jobID")
        self.assertIn(f"pid-{os.getpid()}", number)
        self.assertEqual(self.texts(self.document(username="4294967"), "jobID"), [])

    def test_nobody(self) -> None:
        """A user that is not there is an error that says so."""
        provider = ForkInfoProvider(username="no-such-user", runtime=runtime())
        failure = self.failureResultOf(toDeferred(provider.provide()), ProviderFailed)
        self.assertEqual(
            str(failure.value),
            'there is no user "no-such-user" in /etc/passwd; '
            "give the number of one that only a directory service knows",
        )

    def test_parent(self) -> None:
        """Of descendants of a process that has none, none is told."""
        self.assertEqual(self.texts(self.document(parent=2**22 - 1), "jobID"), [])

    def test_most(self) -> None:
        """More processes than it may tell are an error."""
        provider = ForkInfoProvider(username="*", most=1, runtime=runtime())
        failure = self.failureResultOf(toDeferred(provider.provide()), TooLarge)
        self.assertIn("are more than 1 jobs; choose fewer", str(failure.value))

    def test_declaration(self) -> None:
        """Configuration sees what may be chosen."""
        self.assertEqual(
            describe(ForkInfoProvider),
            (
                ProviderParameter("username", "str", "''"),
                ProviderParameter("command", "str", "'*'"),
                ProviderParameter("parent", "int", "0"),
                ProviderParameter("finished", "float", "300.0"),
                ProviderParameter("most", "int", "10000"),
            ),
        )

    def test_callers(self) -> None:
        """Callers from outside can narrow what is told, never widen it."""
        self.assertEqual([one.name for one in forCallers(ForkInfoProvider)], ["command", "parent"])

    def test_refused(self) -> None:
        """Arguments out of range are refused with what to write."""
        for arguments, message in (
            ({"command": ""}, "command has 0 characters, not 1 to 256"),
            ({"command": "*" * 257}, "command has 257 characters, not 1 to 256"),
            (
                {"command": "simulation-of-weather"},
                'command "simulation-of-weather" is longer than the 15 bytes the kernel keeps of a name; '
                'write "simulation-of-w*"',
            ),
            ({"parent": -1}, "parent -1 is no process id; write 0 for all"),
            ({"finished": -1.0}, "finished -1 is not between 0 and 86400 seconds"),
            ({"finished": float("nan")}, "finished nan is not between 0 and 86400 seconds"),
            ({"finished": 86401.0}, "finished 86401 is not between 0 and 86400 seconds"),
            ({"most": 0}, "most 0 is not between 1 and 100000"),
            ({"most": 100_001}, "most 100001 is not between 1 and 100000"),
        ):
            given: dict[str, Any] = dict(arguments)
            error = self.assertRaises(ParameterError, ForkInfoProvider, **given, runtime=runtime())
            self.assertEqual(error.message, message)

    def test_patterns(self) -> None:
        """A pattern may be longer than a name."""
        for command in ("simulation-[ab][cd]*", "fifteen-bytes-x", "*"):
            ForkInfoProvider(command=command, runtime=runtime())
