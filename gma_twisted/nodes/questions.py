"""XPath and XQuery at the services of a node: for each service its own languages, with processes of their own."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import attrs

from gma_twisted.configuration import LimitsSection
from gma_twisted.interfaces import IQueryLanguage, IServiceDataStore, IStandingQueries
from gma_twisted.model import Language
from gma_twisted.nodes.part import Part
from gma_twisted.processes import WorkerLauncher
from gma_twisted.queries.asking import MissingLanguage, QuestionLanguage, whyMissing
from gma_twisted.queries.launching import launchProgram
from gma_twisted.queries.pool import QueryPool
from gma_twisted.queries.poollimits import PoolLimits
from gma_twisted.soap.questions import QuestionLimits
from gma_twisted.timing import NodeClock

__all__ = ["HostedQuestions", "Questions"]


@attrs.frozen(slots=True, eq=False)
class HostedQuestions:
    """
    The languages of one service; without any it is asked by names only.

    @ivar pools: of those it answers
    @ivar answering: those it answers
    @ivar missing: those that this installation lacks something for
    """

    pools: Mapping[Language, QueryPool] = attrs.field(factory=dict)
    answering: Sequence[QuestionLanguage] = ()
    missing: Sequence[MissingLanguage] = ()

    @property
    def languages(self) -> Sequence[IQueryLanguage]:
        """Those to be advertised."""
        return self.answering

    @property
    def parts(self) -> Sequence[Part]:
        """What begins and ends with the service."""
        return self.answering

    @property
    def standing(self) -> Mapping[Language, IStandingQueries]:
        """What keeps questions, or says what is missing."""
        found: dict[Language, IStandingQueries] = {}
        for answering in self.answering:
            found[answering.language] = answering
        for missing in self.missing:
            found[missing.language] = missing
        return found


@attrs.frozen(slots=True, eq=False)
class Questions:
    """
    Makes services answer expressions.

    @ivar launcher: starts worker processes
    @ivar clock: the node's
    @ivar limits: of every engine
    @ivar lacks: why this installation cannot evaluate a language, empty when it can
    @ivar hosted: what was made, in order
    """

    launcher: WorkerLauncher
    clock: NodeClock
    limits: LimitsSection
    lacks: Callable[[Language], str] = whyMissing
    hosted: list[HostedQuestions] = attrs.field(factory=list, init=False)

    def host(self, store: IServiceDataStore) -> HostedQuestions:
        """The languages of one service. @param store: its service data"""
        limits = self.limits
        read = QuestionLimits(**limits.of("question"), maxNames=limits.maxQueryNames)
        bounds = PoolLimits(**limits.of("pool"), maxExpression=limits.queryMaxExpression)
        pools = {}
        missing = []
        for language in Language:
            if why := self.lacks(language):
                missing.append(MissingLanguage(language, why))
            else:
                launch = launchProgram(self.launcher, language, bounds)
                pools[language] = QueryPool(language, store, self.clock, launch, bounds)
        answering = [
            QuestionLanguage(language, pool, store, read) for language, pool in pools.items()
        ]
        made = HostedQuestions(pools, answering, missing)
        self.hosted.append(made)
        return made

    def figures(self) -> Mapping[str, Mapping[str, float]]:
        """See L{INodeControl.queries <gma_twisted.interfaces.INodeControl>}."""
        found: dict[str, Counter[str]] = {}
        for one in self.hosted:
            for language, pool in one.pools.items():
                found.setdefault(language.value, Counter()).update(pool.figures())
        return found
