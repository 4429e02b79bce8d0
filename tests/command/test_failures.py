"""How verbs end."""

from typing import Any

import click
from click.testing import CliRunner
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.command.failures import Exit, Failure, failureOf
from gma_twisted.errors import (
    Busy,
    ConfigError,
    GMAError,
    MatchFailed,
    NoSuchService,
    ParameterError,
    PartialFailure,
    PeerError,
    PeerFault,
    PeerUnreachable,
    Refused,
    ServiceHasTerminated,
    TargetInvalid,
    UnknownId,
)


class FailureTests(SynchronousTestCase):
    """Errors as exit statuses and lines."""

    def test_statuses(self) -> None:
        """Each kind of error has its status."""
        expected: list[tuple[type[GMAError], Exit]] = [
            (PeerUnreachable, Exit.UNREACHABLE),
            (PeerError, Exit.FAULT),
            (PeerFault, Exit.FAULT),
            (Busy, Exit.FAULT),
            (Refused, Exit.FAULT),
            (ParameterError, Exit.FAULT),
            (ConfigError, Exit.NO),
            (TargetInvalid, Exit.NO),
            (UnknownId, Exit.NO),
            (MatchFailed, Exit.NO),
            (NoSuchService, Exit.NO),
            (ServiceHasTerminated, Exit.NO),
            (PartialFailure, Exit.PARTIAL),
        ]
        for kind, status in expected:
            self.assertEqual(failureOf(kind("why")).status, status, kind)

    def test_codes(self) -> None:
        """What a service answered is named; what this side says is not."""
        self.assertEqual(failureOf(Refused("no")).message, "no (Refused)")
        self.assertEqual(failureOf(PeerFault("no", "{urn:a}why")).message, "no ({urn:a}why)")
        self.assertEqual(failureOf(PeerFault("no")).message, "no")
        self.assertEqual(failureOf(PeerUnreachable("no")).message, "no")
        self.assertEqual(failureOf(ConfigError("no")).message, "no")

    def test_line(self) -> None:
        """One line on the standard error, whatever a peer put into the text; nothing else is printed."""

        @click.command()
        def verb() -> Any:
            raise Failure("a\nb\x1b[2Jc\x9b", Exit.PARTIAL)

        ended = CliRunner().invoke(verb, [])
        self.assertEqual((ended.exit_code, ended.stdout), (5, ""))
        self.assertEqual(ended.stderr, "gma: a b\ufffd[2Jc\ufffd\n")
