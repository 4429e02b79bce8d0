"""How much expressions may take: of processors, memory and time, each by itself and all together."""

import attrs

from gma_twisted.errors import ParameterError

__all__ = ["PoolLimits"]

_MIB = 1024**2


@attrs.frozen(slots=True)
class PoolLimits:
    """
    Bounds of one L{QueryPool <gma_twisted.queries.pool.QueryPool>}; each is a key of C{[limits]}.

    @ivar workers: processes that answer (C{query_workers}); one more is kept ready to take a dead one's place, and one
        has the questions that are kept
    @ivar timeout: seconds of wall clock of one answer, from when its worker has all values (C{query_timeout})
    @ivar cpu: seconds of processor time of one answer (C{query_cpu})
    @ivar elements: values for which a worker has memory (C{query_elements})
    @ivar maxResult: bytes of one answer (C{query_max_result})
    @ivar maxExpression: bytes of one expression (C{query_max_expression})
    @ivar queue: questions that wait for a worker (C{query_queue})
    @ivar perClient: questions of one client that wait or are answered (C{query_per_client})
    @ivar kept: questions that are kept (C{query_kept}); those one client had checked are an eighth of them at most
    @ivar endings: workers that expressions of one client may end within ten minutes (C{query_endings})
    """

    workers: int = 2
    timeout: float = 10.0
    cpu: float = 5.0
    elements: int = 100_000
    maxResult: int = 8 * _MIB
    maxExpression: int = 4096
    queue: int = 64
    perClient: int = 4
    kept: int = 10_000
    endings: int = 3

    def __attrs_post_init__(self) -> None:
        counts = (
            self.workers,
            self.elements,
            self.maxResult,
            self.maxExpression,
            self.queue,
            self.perClient,
            self.kept,
            self.endings,
        )
        if min(counts) < 1 or self.timeout <= 0.0 or self.cpu <= 0.0:
            raise ParameterError(f"a bound of queries is too small: {self}")
