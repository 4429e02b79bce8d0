"""C{[limits]}: every bound of the engines under one roof (ARCHITECTURE rule 5)."""

from collections.abc import Iterator
from typing import Any

import attrs

from gma_twisted.configuration.declaration import key, keys
from gma_twisted.configuration.kinds import COUNT, DURATION, SIZE

__all__ = ["LimitsSection"]

_KIB = 1024
_MIB = 1024**2


@attrs.frozen(slots=True)
class LimitsSection:
    """C{[limits]}: what a request, a document, the store and a stop may take at most."""

    maxAnswer: int = key(
        SIZE,
        "one answer; more is the fault TooLarge",
        64 * _MIB,
        name="max_answer",
        bound="query.maxAnswer",
    )
    stopTimeout: float = key(
        DURATION,
        "time answers under way have to end when the node stops",
        10.0,
        name="stop_timeout",
        bound="stop.seconds",
    )
    maxQueryNames: int = key(
        COUNT, "names in one query", 1000, name="max_query_names", bound="query.maxNames"
    )
    cacheAnswers: int = key(
        COUNT,
        "answers kept for the next who asks the same",
        4096,
        name="cache_answers",
        bound="query.cacheEntries",
    )
    cacheSize: int = key(
        SIZE, "the answers kept", 128 * _MIB, name="cache_size", bound="query.cacheBytes"
    )
    answerTimeout: float = key(
        DURATION,
        "time a service has to answer",
        30.0,
        name="answer_timeout",
        bound="exchange.answerSeconds",
    )
    connections: int = key(COUNT, "connections in all", 4096, bound="gate.connections")
    connectionsPerAddress: int = key(
        COUNT,
        "connections of one address",
        256,
        name="connections_per_address",
        bound="gate.connectionsPerAddress",
    )
    maxHead: int = key(
        SIZE, "request line and header fields", 16 * _KIB, name="max_head", bound="gate.head"
    )
    maxTarget: int = key(SIZE, "request target", 8 * _KIB, name="max_target", bound="gate.target")
    maxFields: int = key(
        COUNT, "header fields of a request", 100, name="max_fields", bound="gate.fields"
    )
    maxBody: int = key(SIZE, "body of a request", 8 * _MIB, name="max_body", bound="gate.body")
    maxChunkLine: int = key(
        SIZE,
        "size line of a chunk, and trailers",
        _KIB,
        name="max_chunk_line",
        bound="gate.chunkLine",
    )
    headTimeout: float = key(
        DURATION,
        "time for the head of a request",
        10.0,
        name="head_timeout",
        bound="gate.headSeconds",
    )
    bodyTimeout: float = key(
        DURATION,
        "time for the body of a request, beside what `body_rate` gives",
        10.0,
        name="body_timeout",
        bound="gate.bodySeconds",
    )
    bodyRate: int = key(
        SIZE, "least a second of a body", 500, name="body_rate", bound="gate.bodyRate"
    )
    idleTimeout: float = key(
        DURATION, "time between two requests", 60.0, name="idle_timeout", bound="gate.idleSeconds"
    )
    writeTimeout: float = key(
        DURATION,
        "time a reader has for each slice of an answer",
        30.0,
        name="write_timeout",
        bound="gate.writeSeconds",
    )
    lingerTimeout: float = key(
        DURATION,
        "time input is read away after a refusal",
        2.0,
        name="linger_timeout",
        bound="gate.lingerSeconds",
    )
    answerSlice: int = key(
        SIZE,
        "slice in which an answer is written",
        256 * _KIB,
        name="answer_slice",
        bound="gate.slice",
    )
    readAhead: int = key(
        SIZE,
        "input kept while a request is answered",
        64 * _KIB,
        name="read_ahead",
        bound="gate.ahead",
    )
    bodies: int = key(
        SIZE,
        "requests not yet whole, of all connections together",
        256 * _MIB,
        name="max_bodies",
        bound="gate.bodies",
    )
    perTurn: int = key(
        COUNT,
        "requests of one connection answered before the others have their turn",
        16,
        name="per_turn",
        bound="gate.perTurn",
    )
    messageSize: int = key(
        SIZE,
        "XML of a SOAP message",
        1088 * _KIB,
        name="message_size",
        bound="exchange.messageSize",
    )
    xmlSize: int = key(SIZE, "XML document", 8 * _MIB, name="xml_size", bound="xml.size")
    xmlDepth: int = key(COUNT, "depth of elements", 64, name="xml_depth", bound="xml.depth")
    xmlElements: int = key(
        COUNT, "elements of a document", 100_000, name="xml_elements", bound="xml.elements"
    )
    xmlAttributes: int = key(
        COUNT, "attributes of an element", 64, name="xml_attributes", bound="xml.attributes"
    )
    xmlNamespaces: int = key(
        COUNT, "namespaces in scope", 64, name="xml_namespaces", bound="xml.namespaces"
    )
    xmlAttribute: int = key(
        SIZE, "value of an attribute", 64 * _KIB, name="xml_attribute", bound="xml.attribute"
    )
    xmlText: int = key(SIZE, "one run of text", _MIB, name="xml_text", bound="xml.text")
    xmlName: int = key(COUNT, "characters of a local name", 256, name="xml_name", bound="xml.name")
    storeElements: int = key(
        COUNT,
        "values in the store; values of other services take at most what `registry_entries` and 1000 others leave",
        3_100_000,
        name="store_elements",
        bound="store.elements",
    )
    storeSize: int = key(
        SIZE,
        "all values together; those of other services take at most three quarters of it, and what 600 bytes for each"
        " of `registry_entries` and 1000 others leave",
        4096 * _MIB,
        name="store_size",
        bound="store.bytes",
    )
    storeElementSize: int = key(
        SIZE, "one value", 8 * _MIB, name="store_element_size", bound="store.elementSize"
    )
    storeNames: int = key(
        COUNT, "service data names", 100_000, name="store_names", bound="store.names"
    )
    storeBatch: int = key(
        COUNT, "values one commit touches", 100_000, name="store_batch", bound="store.batch"
    )
    storeQueued: int = key(
        COUNT, "values commits that wait touch", 200_000, name="store_queued", bound="store.queued"
    )
    registryEntries: int = key(
        COUNT,
        "registrations in the registry",
        2_000_000,
        name="registry_entries",
        bound="registry.entries",
    )
    registryPerOwner: int = key(
        COUNT,
        "registrations of one owner",
        100_000,
        name="registry_per_owner",
        bound="registry.perOwner",
    )
    registryBytes: int = key(
        SIZE,
        "all registrations together",
        4096 * _MIB,
        name="registry_size",
        bound="registry.bytes",
    )
    registrySize: int = key(
        SIZE,
        "one registration without its content",
        64 * _KIB,
        name="registry_entry_size",
        bound="registry.size",
    )
    registryContentSize: int = key(
        SIZE,
        "the content of one registration",
        64 * _KIB,
        name="registry_content_size",
        bound="registry.contentSize",
    )
    registryAttributes: int = key(
        COUNT,
        "attributes of one registration",
        64,
        name="registry_attributes",
        bound="registry.attributes",
    )
    registryInterfaces: int = key(
        COUNT,
        "interfaces of one registration",
        64,
        name="registry_interfaces",
        bound="registry.interfaces",
    )
    registryBatch: int = key(
        COUNT,
        "registrations one commit touches",
        10_000,
        name="registry_batch",
        bound="registry.batch",
    )
    registryQueued: int = key(
        COUNT,
        "registrations commits that wait touch",
        200_000,
        name="registry_queued",
        bound="registry.queued",
    )
    registryRemembered: int = key(
        COUNT,
        "registrations that are over and from which a page can still go on",
        20_000,
        name="registry_remembered",
        bound="registry.remembered",
    )
    registryTombstones: int = key(
        COUNT,
        "registrations that are over and of which the reason is still told",
        10_000,
        name="registry_tombstones",
        bound="tombstones.most",
    )
    subscriptions: int = key(
        COUNT,
        "subscriptions at one service",
        100_000,
        bound="subscriptions.subscriptions",
    )
    subscriptionsPerOwner: int = key(
        COUNT,
        "subscriptions of one owner at one service",
        10_000,
        name="subscriptions_per_owner",
        bound="subscriptions.perOwner",
    )
    subscriptionsBytes: int = key(
        SIZE,
        "all subscriptions at one service together",
        1024 * _MIB,
        name="subscriptions_size",
        bound="subscriptions.bytes",
    )
    subscriptionNames: int = key(
        COUNT,
        "names of one subscription",
        1000,
        name="subscription_names",
        bound="subscriptions.names",
    )
    subscriptionSize: int = key(
        SIZE,
        "one subscription",
        64 * _KIB,
        name="subscription_size",
        bound="subscriptions.size",
    )
    subscriptionsBatch: int = key(
        COUNT,
        "subscriptions one commit touches",
        1000,
        name="subscriptions_batch",
        bound="subscriptions.batch",
    )
    subscriptionsQueued: int = key(
        COUNT,
        "subscriptions commits that wait touch",
        200_000,
        name="subscriptions_queued",
        bound="subscriptions.queued",
    )
    subscriptionTombstones: int = key(
        COUNT,
        "subscriptions at one service that are over and of which the reason is still told",
        10_000,
        name="subscription_tombstones",
        bound="ends.most",
    )
    noticeValues: int = key(
        COUNT,
        "values of one notice of changes",
        250,
        name="notice_values",
        bound="notices.mostValues",
    )
    noticeSize: int = key(
        SIZE,
        "one notice of changes; a larger value is not told",
        1020 * _KIB,
        name="notice_size",
        bound="notices.mostBytes",
    )
    wholeValues: int = key(
        COUNT,
        "values of one notice of all values; who subscribed to more is not told",
        10_000,
        name="whole_values",
        bound="notices.wholeValues",
    )
    wholeSize: int = key(
        SIZE,
        "one notice of all values; who subscribed to more is not told",
        8 * _MIB,
        name="whole_size",
        bound="notices.wholeBytes",
    )
    noticeKeys: int = key(
        COUNT,
        "changes kept of what is subscribed to, for subscribers that are behind",
        10_000,
        name="notice_keys",
        bound="notifier.mostKeys",
    )
    noticesPerPeer: int = key(
        COUNT,
        "notices on their way to one port of one host",
        2,
        name="notices_per_peer",
        bound="delivery.perPeer",
    )
    noticesPerHost: int = key(
        COUNT,
        "notices on their way to one host",
        256,
        name="notices_per_host",
        bound="delivery.perHost",
    )
    noticeTimeout: float = key(
        DURATION,
        "time for one attempt to deliver a notice, connecting included",
        10.0,
        name="notice_timeout",
        bound="delivery.seconds",
    )
    noticeAttempts: int = key(
        COUNT,
        "how often a notice that its sink refuses is sent before it is left out",
        10,
        name="notice_attempts",
        bound="delivery.attempts",
    )
    aggregated: int = key(
        COUNT,
        "sources a service aggregates, the configured ones among them; a source counts once for each who asks",
        1000,
        bound="aggregator.subscriptions",
    )
    aggregatedPerOwner: int = key(
        COUNT,
        "sources aggregated for one owner, who asked for them or registered them",
        100,
        name="aggregated_per_owner",
        bound="aggregator.perOwner",
    )
    aggregatedNames: int = key(
        COUNT, "names of one source", 1000, name="aggregated_names", bound="aggregator.names"
    )
    aggregatedHeld: int = key(
        SIZE,
        "notices kept while a source of other software is asked for everything, of all such sources",
        64 * _MIB,
        name="aggregated_held",
        bound="aggregator.held",
    )
    aggregatedMinLifetime: float = key(
        DURATION,
        "shortest lease of an aggregation; who asks for less gets this",
        5.0,
        name="aggregated_min_lifetime",
        bound="aggregator.leastLease",
    )
    aggregatedLifetime: float = key(
        DURATION,
        "lease of an aggregation for who does not ask for one",
        600.0,
        name="aggregated_lifetime",
        bound="aggregator.usualLease",
    )
    aggregatedMaxLifetime: float = key(
        DURATION,
        "longest lease of an aggregation; who asks for more gets this",
        86400.0,
        name="aggregated_max_lifetime",
        bound="aggregator.mostLease",
    )
    aggregatedMinInterval: float = key(
        DURATION,
        "shortest interval of an aggregation; who asks for less gets this",
        1.0,
        name="aggregated_min_interval",
        bound="aggregator.leastInterval",
    )
    aggregatedInterval: float = key(
        DURATION,
        "interval of an aggregation for who does not ask for one, and of registered services",
        10.0,
        name="aggregated_interval",
        bound="aggregator.usualInterval",
    )
    aggregatedMaxInterval: float = key(
        DURATION,
        "longest interval of an aggregation; who asks for more gets this",
        3600.0,
        name="aggregated_max_interval",
        bound="aggregator.mostInterval",
    )
    aggregatedValues: int = key(
        COUNT,
        "values one source offers; of more, the others are left out",
        1_000_000,
        name="aggregated_values",
        bound="intake.mostValues",
    )
    aggregatedSize: int = key(
        SIZE,
        "what is remembered of the values all sources offer, which is whose they are; of more, the others are left out",
        1024 * _MIB,
        name="aggregated_size",
        bound="intake.mostBytes",
    )
    aggregatedBatch: int = key(
        COUNT,
        "values of a source one commit touches; fewer than `store_batch`",
        2500,
        name="aggregated_batch",
        bound="intake.batch",
    )
    foreignGood: float = key(
        DURATION,
        "how long a value is good that comes without any lifetime",
        60.0,
        name="foreign_good",
        bound="intake.good",
    )
    foreignGrace: float = key(
        DURATION,
        "how long such a value stays readable after that",
        60.0,
        name="foreign_grace",
        bound="intake.grace",
    )
    createdServices: int = key(
        COUNT,
        "services clients had made",
        1000,
        name="created_services",
        bound="factory.services",
    )
    createdPerOwner: int = key(
        COUNT,
        "services one owner had made",
        100,
        name="created_per_owner",
        bound="factory.perOwner",
    )
    createdSize: int = key(
        SIZE,
        "service data of all services clients had made; each has 1 MiB of it",
        1024 * _MIB,
        name="created_size",
        bound="factory.size",
    )

    def of(self, engine: str) -> dict[str, Any]:
        """
        The bounds of one engine.

        @param engine: C{gate}, C{exchange}, C{xml}, C{store}, C{registry}, C{tombstones}, C{subscriptions},
            C{ends}, C{notices}, C{notifier}, C{delivery}, C{aggregator}, C{intake}, C{factory}, C{query} or
            C{stop}
        @return: by the engine's own names
        """
        found = {}
        for one in keys(LimitsSection):
            owner, _, bound = one.bound.partition(".")
            if owner == engine:
                found[bound] = getattr(self, one.attribute)
        return found

    def mistakes(self) -> Iterator[tuple[str, str]]:
        """What is wrong between the keys. @return: a key and a message"""
        for one in keys(LimitsSection):
            if one.kind is DURATION and getattr(self, one.attribute) == 0:
                yield one.name, "must be longer than nothing"
        for least, usual, most, what in (
            (
                self.aggregatedMinLifetime,
                self.aggregatedLifetime,
                self.aggregatedMaxLifetime,
                "lifetime",
            ),
            (
                self.aggregatedMinInterval,
                self.aggregatedInterval,
                self.aggregatedMaxInterval,
                "interval",
            ),
        ):
            if not least <= usual <= most:
                yield (
                    f"aggregated_{what}",
                    f"not between aggregated_min_{what} and aggregated_max_{what}",
                )
        if self.aggregatedBatch >= self.storeBatch:
            yield "aggregated_batch", "not less than store_batch"
