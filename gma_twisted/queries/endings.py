"""Why there is no answer, as an error for who asked: what a worker refused, and how it ended."""

import signal

import attrs

from gma_twisted.errors import (
    ExtensibilityNotSupported,
    ExtensibilityTypeError,
    GMAError,
    ServiceError,
    TimedOut,
    TooLarge,
    cut,
)
from gma_twisted.evaluation.bounds import OUT_OF_MEMORY
from gma_twisted.evaluation.messages import Refused
from gma_twisted.queries.line import WorkerLine
from gma_twisted.queries.poollimits import PoolLimits

__all__ = ["endError", "refusalError", "tooLong", "tooMuchProcessor"]

_BY_CODE = {
    one.code: one for one in (ExtensibilityTypeError, ExtensibilityNotSupported, TimedOut, TooLarge)
}
_SENTENCE = 1000
# Saxon's runtime ends with it when no memory is left, or no stack.
_NOTHING_LEFT = 99


def refusalError(refused: Refused) -> GMAError:
    """What a worker refused, as an error; the worker wrote the sentence, so it is cut."""
    return _BY_CODE.get(refused.code, ServiceError)(cut(refused.message, _SENTENCE))


def endError(line: WorkerLine, limits: PoolLimits) -> GMAError:
    """Why a worker ended that nobody ended on purpose; to be called when it has."""
    ending = line.ending
    if line.nonsense:
        return ServiceError(f"the query worker was ended: {line.nonsense}")
    if ending is None:
        return ServiceError("the query worker ended")
    if ending.signal == signal.SIGXCPU:
        return tooMuchProcessor(limits)
    if ending.isGreedy or ending.status in (OUT_OF_MEMORY, _NOTHING_LEFT):
        return TooLarge(
            "the expression took more memory, or called itself deeper, than there is room for with"
            f" {limits.elements} values, the bound [limits] query_elements"
        )
    # What it said is for logs: an expression of somebody else may have had it say that.
    told = attrs.evolve(ending, said="") if line.isAskable else ending
    return ServiceError(f"the query worker {told}")


def tooLong(limits: PoolLimits) -> GMAError:
    """An answer that was not there in time."""
    return TimedOut(
        f"the expression took more than {limits.timeout:g} s, the bound [limits] query_timeout"
    )


def tooMuchProcessor(limits: PoolLimits) -> GMAError:
    """An answer for which the processor was not given any longer."""
    return TimedOut(
        f"the expression took more than {limits.cpu:g} s of processor time, the bound [limits] query_cpu"
    )
