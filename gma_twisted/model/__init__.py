"""Immutable values and pure rules: no Twisted, no zope.interface, no lxml. One noun a file."""

from gma_twisted.model.access import Access, Whose
from gma_twisted.model.caller import OURSELVES, Caller
from gma_twisted.model.certificate import Certificate
from gma_twisted.model.change import Added, Change, Changes, Extended, Removed, Replaced
from gma_twisted.model.command import Command, Declare, Extend, Put, Remove, ReplaceAll
from gma_twisted.model.deed import Deed
from gma_twisted.model.element import ElementKey, ServiceDataElement
from gma_twisted.model.event import Event, EventContainer, EventField
from gma_twisted.model.gma import (
    EventAnswer,
    EventFilter,
    EventSource,
    Features,
    FilterLanguage,
    GMAEntry,
    GMARole,
    QueryMode,
    SearchAnswer,
    Terms,
)
from gma_twisted.model.handle import Handle
from gma_twisted.model.job import GramStatus, Job, Queue, Scheduler
from gma_twisted.model.lifetime import FOREVER, Freshness, Lifetime
from gma_twisted.model.looplag import LoopLag
from gma_twisted.model.message import Expression, Locator, TerminationTime
from gma_twisted.model.notice import Delivery
from gma_twisted.model.provider import (
    ExecutionRequest,
    ProviderDescription,
    ProviderParameter,
    ProviderRun,
    ProviderState,
    Quiet,
)
from gma_twisted.model.qname import QName
from gma_twisted.model.query import Answer, NameQuery, NameSelector
from gma_twisted.model.question import Language, Question
from gma_twisted.model.registration import (
    End,
    Ended,
    Keep,
    Kept,
    KnownMember,
    Registration,
    RegistryChange,
    RegistryChanges,
    RegistryCommand,
    Renew,
    RenewalResult,
    Renewed,
    Replace,
    Updated,
)
from gma_twisted.model.security import SecurityHeader, UsernameToken
from gma_twisted.model.subscription import (
    MoveSubscription,
    Subscribe,
    Subscription,
    SubscriptionChanges,
    SubscriptionCommand,
    Topic,
    Unsubscribe,
)
from gma_twisted.model.template import Template
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.model.upstream import (
    DataAggregation,
    UpstreamMode,
    UpstreamState,
    UpstreamStatus,
)

__all__ = [
    "FOREVER",
    "OURSELVES",
    "Access",
    "Added",
    "Answer",
    "Caller",
    "Certificate",
    "Change",
    "Changes",
    "Command",
    "DataAggregation",
    "Declare",
    "Deed",
    "Delivery",
    "ElementKey",
    "End",
    "Ended",
    "Event",
    "EventAnswer",
    "EventContainer",
    "EventField",
    "EventFilter",
    "EventSource",
    "ExecutionRequest",
    "Expression",
    "Extend",
    "Extended",
    "Features",
    "FilterLanguage",
    "Freshness",
    "GMAEntry",
    "GMARole",
    "GramStatus",
    "Handle",
    "Job",
    "Keep",
    "Kept",
    "KnownMember",
    "Language",
    "Lifetime",
    "Locator",
    "LoopLag",
    "MoveSubscription",
    "NameQuery",
    "NameSelector",
    "ProviderDescription",
    "ProviderParameter",
    "ProviderRun",
    "ProviderState",
    "Put",
    "QName",
    "QueryMode",
    "Question",
    "Queue",
    "Quiet",
    "Registration",
    "RegistryChange",
    "RegistryChanges",
    "RegistryCommand",
    "Remove",
    "Removed",
    "Renew",
    "RenewalResult",
    "Renewed",
    "Replace",
    "ReplaceAll",
    "Replaced",
    "Scheduler",
    "SearchAnswer",
    "SecurityHeader",
    "ServiceDataElement",
    "Subscribe",
    "Subscription",
    "SubscriptionChanges",
    "SubscriptionCommand",
    "Template",
    "TerminationTime",
    "Terms",
    "Timestamp",
    "Topic",
    "Unsubscribe",
    "Updated",
    "UpstreamMode",
    "UpstreamState",
    "UpstreamStatus",
    "UsernameToken",
    "Whose",
]
