"""Ends of a node that only its entry point sees."""

import signal

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.nodes.launch import _exitWell


class _Reactor:
    """What a signal leaves behind in a reactor that handled it itself."""

    def __init__(self, number: int | None) -> None:
        self._exitSignal = number


class ExitTests(SynchronousTestCase):
    """A node asked to stop has exit status 0, whoever heard the signal."""

    def test_asked(self) -> None:
        """A signal the reactor took, before our handler was back, does not kill the process at the end."""
        for number in (signal.SIGTERM, signal.SIGINT):
            reactor = _Reactor(number)
            _exitWell(reactor)
            self.assertIsNone(reactor._exitSignal)

    def test_others(self) -> None:
        """Every other signal stays the reason."""
        reactor = _Reactor(signal.SIGBREAK if hasattr(signal, "SIGBREAK") else signal.SIGHUP)
        before = reactor._exitSignal
        _exitWell(reactor)
        self.assertEqual(reactor._exitSignal, before)

    def test_foreign(self) -> None:
        """A reactor that keeps no such thing is left alone."""
        _exitWell(object())
