# ruff: noqa: E501 (messages are compared whole)
"""Provider files with the mistakes people made, and every line they are answered with."""

__all__ = ["CASES", "executed", "installed"]

_HEAD = '<serviceConfiguration xmlns:px="http://www.globus.org/namespaces/2003/04/service_data_provider_execution" xmlns:ogsi="http://www.gridforum.org/namespaces/2003/03/OGSI" xmlns:agg="http://www.globus.org/namespaces/2003/09/data_aggregator">'
_JAVA = "org.globus.ogsa.impl.base.providers.servicedata.impl."
_OWN = 'write a Python class that provides ISimpleDataProvider instead, "package.module:Class", or run a program with ScriptExecutionProvider'
_SYSTEM = f"{_JAVA}SimpleSystemInformationProvider"
_SCRIPT = f"{_JAVA}ScriptExecutionProvider"


def installed(*entries: str) -> str:
    """A file that installs something; the first entry is line 3."""
    lines = "\n".join(f"<providerEntry {one}/>" for one in entries)
    return f"{_HEAD}\n<installedProviders>\n{lines}\n</installedProviders>\n</serviceConfiguration>"


def executed(*children: str, also: str = "") -> str:
    """A file that executes something once, the system information unless told; the first child is line 8."""
    names = [one.partition(">")[0].removeprefix("<") for one in children]
    if "serviceDataProviderImpl" not in names:
        children = (*children, f"<serviceDataProviderImpl>{_SYSTEM}</serviceDataProviderImpl>")
    lines = "\n".join(
        one.replace("</", "</px:").replace("<", "<px:", 1) if one.startswith("<s") else one
        for one in children
    )
    return (
        f'{_HEAD}\n<installedProviders>\n<providerEntry class="{_SYSTEM}"/>\n<providerEntry class="{_SCRIPT}"/>\n'
        f"</installedProviders>\n<executedProviders>\n<px:ServiceDataProviderExecution>\n{lines}\n"
        f"</px:ServiceDataProviderExecution>\n{also}</executedProviders>\n</serviceConfiguration>"
    )


def _script(arguments: str) -> str:
    return executed(
        f"<serviceDataProviderImpl>{_SCRIPT}</serviceDataProviderImpl>",
        f"<serviceDataProviderArgs>{arguments}</serviceDataProviderArgs>",
    )


def _aggregation(*children: str) -> str:
    lines = "\n".join(children)
    return f"{_HEAD}\n<dataAggregations>\n<agg:DataAggregation>\n{lines}\n</agg:DataAggregation>\n</dataAggregations>\n</serviceConfiguration>"


_SOURCE = "<ogsi:source>http://a:8080/ogsa/services/index</ogsi:source>"
_EXECUTION = "serviceConfiguration.executedProviders[0]"
_NAMED = "providers.SimpleSystemInformationProvider"

CASES: list[tuple[str, list[str]]] = [
    (
        "",
        [
            "gt3.xml:1:1: is not well-formed XML; write a provider file of GT3: XML in UTF-8, without a DOCTYPE"
        ],
    ),
    (
        "\n<a>\n</b>",
        [
            "gt3.xml:3:5: is not well-formed XML; write a provider file of GT3: XML in UTF-8, without a DOCTYPE"
        ],
    ),
    (
        "<!DOCTYPE a><a/>",
        [
            "gt3.xml:1:1: has a DOCTYPE; document type declarations are not accepted; write a provider file of GT3: XML in UTF-8, without a DOCTYPE"
        ],
    ),
    (
        '<?xml version="1.0" encoding="ISO-8859-1"?><a/>',
        [
            "gt3.xml:1:1: encoding ISO-8859-1 is not accepted, send UTF-8; write a provider file of GT3: XML in UTF-8, without a DOCTYPE"
        ],
    ),
    (
        "<serviceConfig/>",
        [
            'gt3.xml:1:1: serviceConfig: "serviceConfig" is the root of no provider file; write serviceConfiguration, registrations, or a list of elements that have class'
        ],
    ),
    (
        f"{_HEAD}\n<installedProvider/>\n</serviceConfiguration>",
        [
            'gt3.xml:2:1: serviceConfiguration: unknown element "installedProvider"; did you mean "installedProviders"?'
        ],
    ),
    (
        f"{_HEAD}\n<installedProviders/>\n <installedProviders/>\n</serviceConfiguration>",
        [
            "gt3.xml:3:2: serviceConfiguration.installedProviders[1]: stands twice; leave one of them out"
        ],
    ),
    (
        f'{_HEAD}\n<x:installedProviders xmlns:x="urn:x"/>\n</serviceConfiguration>',
        [
            'gt3.xml:2:1: serviceConfiguration: unknown element "{urn:x}installedProviders"; did you mean "installedProviders"?'
        ],
    ),
    (
        f"{_HEAD}\n<installedProviders><provider class='a:B'/></installedProviders>\n</serviceConfiguration>",
        [
            'gt3.xml:2:21: serviceConfiguration.installedProviders: unknown element "provider"; did you mean "providerEntry"?'
        ],
    ),
    (
        installed("handler='a:B'"),
        [
            'gt3.xml:3:1: serviceConfiguration.installedProviders[0]: names no class; write class="..."'
        ],
    ),
    (
        installed("Class='a:B'"),
        [
            'gt3.xml:3:16: serviceConfiguration.installedProviders[0]: unknown attribute "Class"; did you mean "class"?'
        ],
    ),
    (
        installed(f"class='{_JAVA}CondorInfoProvider'"),
        [
            f'gt3.xml:3:23: serviceConfiguration.installedProviders[0].class: the Java class "{_JAVA}CondorInfoProvider" has no counterpart here; {_OWN}'
        ],
    ),
    (
        installed("class='edu.example.Disk'"),
        [
            f'gt3.xml:3:23: serviceConfiguration.installedProviders[0].class: "edu.example.Disk" is no Python class; write "edu.example:Disk" if it is one; if it is a Java class, {_OWN}'
        ],
    ),
    (
        installed("class='ScriptExecution'", "class='SystemInformation'"),
        [
            'gt3.xml:4:23: serviceConfiguration.installedProviders[1].class: "SystemInformation" is no class of this package; did you mean "SimpleSystemInformationProvider"?'
        ],
    ),
    (
        installed(f"class='{_SYSTEM}' handler='hostDataHandler'"),
        [
            'gt3.xml:3:118: serviceConfiguration.installedProviders[0].handler: the Java method "hostDataHandler" has no counterpart here; write a Python class that provides IResultHandler, "package.module:Class", or leave handler out: the root element is the value then'
        ],
    ),
    (
        installed(f"class='{_SYSTEM}'", f"class='{_SYSTEM}' handler='a:B'"),
        [
            f'gt3.xml:4:23: serviceConfiguration.installedProviders[1].class: "{_SYSTEM}" is installed already, with another handler; leave one of them out'
        ],
    ),
    (
        executed("<serviceDataProviderImpl></serviceDataProviderImpl>"),
        [
            f"gt3.xml:7:1: {_EXECUTION}: names no class; write <serviceDataProviderImpl>CLASS</serviceDataProviderImpl> into it"
        ],
    ),
    (
        executed("<serviceDataProviderImpl>a:B</serviceDataProviderImpl>"),
        [
            f'gt3.xml:8:29: {_EXECUTION}.serviceDataProviderImpl: "a:B" is executed, but not installed; write <providerEntry class="a:B"/> into installedProviders'
        ],
    ),
    (
        executed("<serviceDataProviderImpl>org.globus.Nothing</serviceDataProviderImpl>"),
        [
            f'gt3.xml:8:29: {_EXECUTION}.serviceDataProviderImpl: the Java class "org.globus.Nothing" has no counterpart here; {_OWN}'
        ],
    ),
    (
        executed("<refreshFrequency>1</refreshFrequency>".replace("F", "f")),
        [
            f'gt3.xml:8:1: {_EXECUTION}: unknown element "refreshfrequency"; did you mean "refreshFrequency"?'
        ],
    ),
    (
        executed("<refreshFrequency>60s</refreshFrequency>"),
        [
            f'gt3.xml:8:19: {_NAMED}.interval: "60s" is not a number of seconds; write 60 for a minute'
        ],
    ),
    (
        executed("<refreshFrequency>-1</refreshFrequency>"),
        [
            f'gt3.xml:8:19: {_NAMED}.interval: "-1" is not a number of seconds; write 60 for a minute'
        ],
    ),
    (
        executed(
            "<refreshFrequency>1</refreshFrequency>", "<refreshFrequency>1</refreshFrequency>"
        ),
        [f"gt3.xml:9:19: {_EXECUTION}.refreshFrequency[1]: stands twice; leave one of them out"],
    ),
    (
        executed("<async>yes</async>"),
        [f'gt3.xml:8:8: {_NAMED}.async: "yes" is not true or false; write true or false'],
    ),
    (
        executed("<serviceDataName>ce:Host</serviceDataName>"),
        [
            f'gt3.xml:8:21: {_NAMED}.name: prefix "ce" of "ce:Host" is not declared; write {{uri}}local'
        ],
    ),
    (
        executed("<serviceDataName>a b</serviceDataName>"),
        [f'gt3.xml:8:21: {_NAMED}.name: "a b" is not an XML name; write {{uri}}local'],
    ),
    (
        executed("<serviceDataProviderArgs>-h localhost</serviceDataProviderArgs>"),
        [
            f'gt3.xml:8:29: {_NAMED}.arguments: SimpleSystemInformationProvider: "-h" is not an argument such as key=value; write key=value for each, by the names of the constructor'
        ],
    ),
    (
        executed("<serviceDataProviderArgs>uniqeID=x</serviceDataProviderArgs>"),
        [
            f'gt3.xml:8:29: {_NAMED}.arguments: SimpleSystemInformationProvider: unknown argument "uniqeID"; did you mean "uniqueID"?'
        ],
    ),
    (
        executed("<serviceDataProviderArgs>uniqueID='x</serviceDataProviderArgs>"),
        [
            f"gt3.xml:8:29: {_NAMED}.arguments: serviceDataProviderArgs \"uniqueID='x\": No closing quotation; write words as a shell has them, 'in quotes' where they hold blanks"
        ],
    ),
    (
        _script("bin/queues"),
        [
            'gt3.xml:9:29: providers.ScriptExecutionProvider.command: "bin/queues" is not an absolute path; write where the program is, "/usr/bin/program"'
        ],
    ),
    (
        _script(""),
        [
            "gt3.xml:9:1: providers.ScriptExecutionProvider.command: ScriptExecutionProvider needs a program; write /path/of/program and its words into serviceDataProviderArgs"
        ],
    ),
    (
        _script("x" * 8193),
        [
            f"gt3.xml:9:29: providers.ScriptExecutionProvider.arguments: serviceDataProviderArgs \"{'x' * 77}...\": longer than 8192 characters; write words as a shell has them, 'in quotes' where they hold blanks"
        ],
    ),
    (
        _aggregation(_SOURCE),
        [
            "gt3.xml:3:1: serviceConfiguration.dataAggregations[0]: needs params; write <params> into it"
        ],
    ),
    (
        _aggregation("<ogsi:params/>"),
        [
            "gt3.xml:3:1: serviceConfiguration.dataAggregations[0]: needs source; write <source> into it"
        ],
    ),
    (
        _aggregation(_SOURCE, "<ogsi:params/>"),
        [
            "gt3.xml:5:1: aggregate.a-index.names: params hold 0 elements, not one; write one AggregationSubscription into them"
        ],
    ),
    (
        _aggregation(_SOURCE, "<ogsi:params><agg:AggregationSubscription/></ogsi:params>"),
        [
            "gt3.xml:5:1: aggregate.a-index.names: AggregationSubscription has no serviceDataNames; write the names into serviceDataNames of an AggregationSubscription"
        ],
    ),
    (
        _aggregation(
            "<ogsi:source>http://a:8080</ogsi:source>",
            "<ogsi:params><agg:AggregationSubscription><ogsi:serviceDataNames><ogsi:name>x</ogsi:name></ogsi:serviceDataNames></agg:AggregationSubscription></ogsi:params>",
        ),
        [
            'gt3.xml:4:14: aggregate.a.from: "http://a:8080" is a node, not a service; write "http://a:8080/services/index"'
        ],
    ),
    (
        "<registrations>\n<registration lifetime='5'/>\n</registrations>",
        [
            'gt3.xml:2:1: registrations[0]: names no registry; write registry="http://HOST:PORT/services/NAME"'
        ],
    ),
    (
        "<registrations>\n<registration registry='x' keepalive='yes'/>\n</registrations>",
        ['gt3.xml:2:39: register.x.keepalive: "yes" is not true or false; write true or false'],
    ),
    (
        "<registrations>\n<registration registry='x'/>\n</registrations>",
        [
            'gt3.xml:2:25: register.x.at: "x" is not an absolute URL such as http://host:8480/services/index; write "http://HOST:PORT/services/NAME"'
        ],
    ),
    (
        "<registrations>\n<registration registry='http://a/b' lifetime='0'/>\n</registrations>",
        [
            'gt3.xml:2:47: register.a-b.lifetime: must be longer than nothing; write "5m", for example'
        ],
    ),
    (
        "<registrations>\n<registration registry='http://a/b' registy='x'/>\n</registrations>",
        ['gt3.xml:2:37: registrations[0]: unknown attribute "registy"; did you mean "registry"?'],
    ),
    (
        "<providers>\n<provider class='a:B'/>\n<provider handler='x'/>\n</providers>",
        ['gt3.xml:3:1: providers[1]: names no class; write class="..."'],
    ),
    (
        executed(
            "<refreshFrequency>x</refreshFrequency>",
            "<async>x</async>",
            "<serviceDataName>x:y</serviceDataName>",
        ),
        [
            f'gt3.xml:8:19: {_NAMED}.interval: "x" is not a number of seconds; write 60 for a minute',
            f'gt3.xml:9:8: {_NAMED}.async: "x" is not true or false; write true or false',
            f'gt3.xml:10:21: {_NAMED}.name: prefix "x" of "x:y" is not declared; write {{uri}}local',
        ],
    ),
    (
        "<serviceConfiguration><aggregatedSubscriptions>\n<AggregatorSubscription>\n<source>http://a/b</source>\n</AggregatorSubscription></aggregatedSubscriptions></serviceConfiguration>",
        [
            "gt3.xml:2:1: serviceConfiguration.aggregatedSubscriptions[0]: needs serviceDataName; write <serviceDataName> into it"
        ],
    ),
    (
        "<serviceConfiguration><aggregatedSubscriptions><AggregatorSubscription>\n<source>http://a/b</source>\n<serviceDataName>x:y</serviceDataName></AggregatorSubscription></aggregatedSubscriptions></serviceConfiguration>",
        [
            'gt3.xml:3:18: aggregate.a-b.names: prefix "x" of "x:y" is not declared; write {uri}local'
        ],
    ),
    (
        "<registrations>\n<registration registry='http://a/b'>\n<DataAggregation/>\n</registration>\n</registrations>",
        [
            "gt3.xml:3:1: register.a-b.names: needs params; write <params> with an AggregationSubscription into it"
        ],
    ),
    (
        "<registrations>\n<registration registry='http://[a/b'/>\n</registrations>",
        [
            'gt3.xml:2:25: register.source.at: "http://[a/b" is not a URL; write "http://HOST:PORT/services/NAME"'
        ],
    ),
    (
        executed(
            "<serviceDataProviderImpl>/opt/x</serviceDataProviderImpl>",
            "<serviceDataProviderArgs>'</serviceDataProviderArgs>",
        ),
        [
            "gt3.xml:9:29: providers.x.arguments: serviceDataProviderArgs \"'\": No closing quotation; write words as a shell has them, 'in quotes' where they hold blanks"
        ],
    ),
]
