"""Immutable values and pure rules: no Twisted, no zope.interface, no lxml. One noun a file."""

from gma_twisted.model.change import Added, Change, Changes, Extended, Removed, Replaced
from gma_twisted.model.command import Command, Declare, Extend, Put, Remove, ReplaceAll
from gma_twisted.model.element import ElementKey, ServiceDataElement
from gma_twisted.model.handle import Handle
from gma_twisted.model.lifetime import FOREVER, Freshness, Lifetime
from gma_twisted.model.message import Expression, GrantedEntry, Locator, TerminationTime
from gma_twisted.model.provider import (
    ExecutionRequest,
    ProviderDescription,
    ProviderParameter,
    ProviderRun,
    ProviderState,
)
from gma_twisted.model.qname import QName
from gma_twisted.model.query import Answer, NameQuery, NameSelector
from gma_twisted.model.registration import Registration
from gma_twisted.model.subscription import Subscription

__all__ = [
    "FOREVER",
    "Added",
    "Answer",
    "Change",
    "Changes",
    "Command",
    "Declare",
    "ElementKey",
    "ExecutionRequest",
    "Expression",
    "Extend",
    "Extended",
    "Freshness",
    "GrantedEntry",
    "Handle",
    "Lifetime",
    "Locator",
    "NameQuery",
    "NameSelector",
    "ProviderDescription",
    "ProviderParameter",
    "ProviderRun",
    "ProviderState",
    "Put",
    "QName",
    "Registration",
    "Remove",
    "Removed",
    "ReplaceAll",
    "Replaced",
    "ServiceDataElement",
    "Subscription",
    "TerminationTime",
]
