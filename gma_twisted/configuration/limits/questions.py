"""Bounds of expressions put to service data, by XPath and XQuery, and of the processes that answer them."""

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import COUNT, DURATION, SIZE

__all__ = ["QuestionBounds"]

_KIB = 1024
_MIB = 1024**2


@attrs.frozen(slots=False)
class QuestionBounds:
    """Of the engines C{pool} and C{question}; each service has its own processes for each language."""

    queryWorkers: int = key(
        COUNT,
        "processes that answer XPath, and as many XQuery, at each service that is asked; they begin with the first "
        "question. One more of each waits to take the place of one that ends, and one has the standing queries",
        2,
        name="query_workers",
        bound="pool.workers",
    )
    queryTimeout: float = key(
        DURATION,
        "longest answer to an expression; `answer_timeout` ends it too",
        10.0,
        name="query_timeout",
        bound="pool.timeout",
    )
    queryCpu: float = key(
        DURATION,
        "most processor time of an answer to an expression",
        5.0,
        name="query_cpu",
        bound="pool.cpu",
    )
    queryElements: int = key(
        COUNT,
        "values a query process has memory for",
        100_000,
        name="query_elements",
        bound="pool.elements",
    )
    queryMaxResult: int = key(
        SIZE,
        "answer to an expression",
        8 * _MIB,
        name="query_max_result",
        bound="pool.maxResult",
    )
    queryMaxExpression: int = key(
        SIZE,
        "expression, its text alone",
        4 * _KIB,
        name="query_max_expression",
        bound="question.maxExpression",
    )
    queryQueue: int = key(
        COUNT,
        "expressions that wait for a process, of one language at one service",
        64,
        name="query_queue",
        bound="pool.queue",
    )
    queryPerClient: int = key(
        COUNT,
        "expressions of one client that wait or are answered, of one language at one service",
        4,
        name="query_per_client",
        bound="pool.perClient",
    )
    queryKept: int = key(
        COUNT,
        "different standing queries, of one language at one service; of one client an eighth of them",
        10_000,
        name="query_kept",
        bound="pool.kept",
    )
    queryEndings: int = key(
        COUNT,
        "processes that expressions of one client may end within ten minutes, of a network four times as many, before "
        "its expressions are refused for a minute; of one language at one service",
        3,
        name="query_endings",
        bound="pool.endings",
    )
