"""Every role another file may replace, one subject a file. Start here to extend a node."""

from gma_twisted.interfaces.aggregation import IAggregator, IDataAggregation, IRegistration
from gma_twisted.interfaces.creation import ICreatedService, IServiceKind, ServicePlace
from gma_twisted.interfaces.hosting import (
    IEndingService,
    IRowQueries,
    IServiceFamily,
    IServiceRow,
    IServiceRows,
    IUnreadCounter,
)
from gma_twisted.interfaces.node import IComponentFactory, INodeControl
from gma_twisted.interfaces.notify import IDeliverer, ISubscriptionStore, Outgoing
from gma_twisted.interfaces.porttypes import (
    IFactory,
    IGridService,
    IHandleResolver,
    INotificationSink,
    INotificationSource,
    INotificationSubscription,
    IProviderExecution,
    IResourceInformationProviderService,
    IServiceGroup,
    IServiceGroupEntry,
    IServiceGroupRegistration,
)
from gma_twisted.interfaces.providers import (
    IAsyncDataProvider,
    IDOMDataProvider,
    IRenewingHandler,
    IResultHandler,
    ISimpleDataProvider,
)
from gma_twisted.interfaces.queries import (
    ICallerQueries,
    IDemand,
    IQueryEngine,
    IQueryLanguage,
    IStandingQueries,
)
from gma_twisted.interfaces.security import IAudit, IConnectGuard, IIdentify, IPolicy
from gma_twisted.interfaces.soap import ICaller, IExchange, Reply, Request
from gma_twisted.interfaces.stores import IRegistryStore, IServiceDataStore

__all__ = [
    "IAggregator",
    "IAsyncDataProvider",
    "IAudit",
    "ICaller",
    "ICallerQueries",
    "IComponentFactory",
    "IConnectGuard",
    "ICreatedService",
    "IDOMDataProvider",
    "IDataAggregation",
    "IDeliverer",
    "IDemand",
    "IEndingService",
    "IExchange",
    "IFactory",
    "IGridService",
    "IHandleResolver",
    "IIdentify",
    "INodeControl",
    "INotificationSink",
    "INotificationSource",
    "INotificationSubscription",
    "IPolicy",
    "IProviderExecution",
    "IQueryEngine",
    "IQueryLanguage",
    "IRegistration",
    "IRegistryStore",
    "IRenewingHandler",
    "IResourceInformationProviderService",
    "IResultHandler",
    "IRowQueries",
    "IServiceDataStore",
    "IServiceFamily",
    "IServiceGroup",
    "IServiceGroupEntry",
    "IServiceGroupRegistration",
    "IServiceKind",
    "IServiceRow",
    "IServiceRows",
    "ISimpleDataProvider",
    "IStandingQueries",
    "ISubscriptionStore",
    "IUnreadCounter",
    "Outgoing",
    "Reply",
    "Request",
    "ServicePlace",
]
