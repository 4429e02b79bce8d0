"""What a contract says of something: the texts its author reads."""

from collections.abc import Mapping

from twisted.python.failure import Failure
from twisted.trial.reporter import TestResult
from twisted.trial.unittest import SynchronousTestCase

__all__ = ["verdictOf"]


def verdictOf(case: type[SynchronousTestCase]) -> Mapping[str, str]:
    """
    Run a contract.

    @param case: with the contract mixed in
    @return: by name of the contract's tests that failed, why
    """
    found: dict[str, str] = {}
    for name in [name for name in dir(case) if name.startswith("test_")]:
        result = TestResult()
        case(name).run(result)
        for _, failure in (*result.failures, *result.errors):
            assert isinstance(failure, Failure)
            found.setdefault(name, failure.getErrorMessage())
    return found
