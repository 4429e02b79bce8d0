# ruff: noqa: E501 (messages are compared whole)
"""Configurations that cannot become a node, and every line they are answered with."""

__all__ = ["CASES"]

CASES: list[tuple[str, list[str]]] = [
    (
        "[providers.a]\nclass = 'nowhere.mod:C'",
        [
            'vo.toml:2:9: providers.a.class "nowhere.mod:C": no module "nowhere"; modules are looked for on PYTHONPATH: put it there'
        ],
    ),
    (
        "[providers.a]\nclass = 'tests.nodes.nowhere:C'",
        [
            'vo.toml:2:9: providers.a.class "tests.nodes.nowhere:C": no module "tests.nodes.nowhere"; modules are looked for on PYTHONPATH: put it there'
        ],
    ),
    (
        "[providers.a]\nclass = 'tests.nodes.needsmore:C'",
        [
            'vo.toml:2:9: providers.a.class "tests.nodes.needsmore:C": it needs the module "gma_twisted_is_not_there", which is not installed; install it beside gma-twisted'
        ],
    ),
    (
        "[providers.a]\nclass = 'tests.nodes.explodes:C'",
        [
            'vo.toml:2:9: providers.a.class "tests.nodes.explodes:C": importing it failed: ValueError: no good\\nat all; correct the module'
        ],
    ),
    (
        "[providers.a]\nclass = 'tests.nodes.components:Goood'",
        [
            'vo.toml:2:9: providers.a.class "tests.nodes.components:Goood": module "tests.nodes.components" has no class "Goood"; did you mean "Good"?'
        ],
    ),
    (
        "[providers.a]\nclass = 'tests.nodes.components:NUMBER'",
        [
            'vo.toml:2:9: providers.a.class "tests.nodes.components:NUMBER": module "tests.nodes.components" has no class "NUMBER"; known are Broken, Good, Handler, Moody, Needy, NoDescription, NoHandler, NoProvide, NotDeclared, Slow'
        ],
    ),
    (
        "[providers.a]\nclass = 'tests.nodes.components:NoProvide'",
        [
            'vo.toml:2:9: providers.a.class "tests.nodes.components:NoProvide" does not provide ISimpleDataProvider: missing provide(); correct the class, or name another'
        ],
    ),
    (
        "[providers.a]\nclass = 'tests.nodes.components:NoDescription'",
        [
            'vo.toml:2:9: providers.a.class "tests.nodes.components:NoDescription" does not provide ISimpleDataProvider: missing description; correct the class, or name another'
        ],
    ),
    (
        "[providers.a]\nclass = 'tests.nodes.components:NotDeclared'",
        [
            'vo.toml:2:9: providers.a.class "tests.nodes.components:NotDeclared" does not provide ISimpleDataProvider: missing @implementer(ISimpleDataProvider) before the class; correct the class, or name another'
        ],
    ),
    (
        "[providers.a]\nclass = 'tests.nodes.components:Moody'",
        [
            'vo.toml:2:9: providers.a.class "tests.nodes.components:Moody" cannot be made: ValueError: level 0 is not\\none of mine; give other arguments'
        ],
    ),
    (
        "[providers.a]\nclass = 'tests.nodes.components:Needy'",
        [
            'vo.toml:1:12: providers.a.arguments: argument "host" is missing; give host among the arguments'
        ],
    ),
    (
        "[providers.a]\nclass = 'Script'",
        [
            'vo.toml:2:9: providers.a.class "Script" is no class of this package; known are AsyncDocumentProvider, ForkInfoProvider, GangliaProvider, HostScriptProvider, PBSInfoProvider, PrometheusScrapeProvider, ScriptExecutionProvider, SimpleSystemInformationProvider, SlurmInfoProvider'
        ],
    ),
    (
        "[providers.a]\nclass = 'tests.nodes.components:Good'\narguments = { pth = '/x' }",
        ['vo.toml:3:15: providers.a.arguments.pth: unknown argument "pth"; did you mean "path"?'],
    ),
    (
        "[providers.a]\nclass = 'tests.nodes.components:Good'\narguments = { path = 3 }",
        [
            'vo.toml:3:15: providers.a.arguments.path: argument "path" must be str, not 3; write "x", for example'
        ],
    ),
    (
        "[providers.a]\nclass = 'tests.nodes.components:Good'\narguments = { path = '/x', depth = '3' }",
        [
            "vo.toml:3:28: providers.a.arguments.depth: argument \"depth\" must be int, not '3'; write 3, for example"
        ],
    ),
    (
        "[providers.a]\nclass = 'tests.nodes.components:Good'\n[providers.a.arguments]\ndepth = true",
        [
            'vo.toml:4:1: providers.a.arguments.depth: argument "depth" must be int, not True; write 3, for example'
        ],
    ),
    (
        "[providers.a]\nclass = 'tests.nodes.components:Good'\nasync = true",
        [
            'vo.toml:3:9: providers.a.async: "tests.nodes.components:Good" does not provide IAsyncDataProvider; leave async out, or name a class that does'
        ],
    ),
    (
        "[providers.a]\ncommand = ['/bin/true']\nhandler = 'SpitHandler'",
        [
            'vo.toml:3:11: providers.a.handler "SpitHandler" is no class of this package; did you mean "SplitHandler"?'
        ],
    ),
    (
        "[providers.a]\ncommand = ['/bin/true']\nhandler = 'SplitHandler'\nhandler_arguments = { children = 'a', kee = 'b' }",
        [
            'vo.toml:4:39: providers.a.handler_arguments.kee: unknown argument "kee"; did you mean "key"?'
        ],
    ),
    (
        "[providers.a]\ncommand = ['/bin/true']\nhandler = 'SplitHandler'\nhandler_arguments = { children = 'a' }",
        [
            'vo.toml:4:21: providers.a.handler_arguments: argument "key" is missing; give key among the arguments'
        ],
    ),
    (
        "[providers.a]\ncommand = ['/bin/true']\nhandler = 'SplitHandler'\nhandler_arguments = { children = 'a//b', key = '@id' }",
        [
            'vo.toml:3:11: providers.a.handler "SplitHandler" cannot be made: "a//b" is no path to elements: "" is not an XML name; write a path such as "Queue", "Queues/{urn:example}Queue" or, for an attribute, "@name"'
        ],
    ),
    (
        "[providers.a]\nclass = 'tests.nodes.components:Good'\nhandler = 'tests.nodes.components:NoHandler'",
        [
            'vo.toml:3:11: providers.a.handler "tests.nodes.components:NoHandler" does not provide IResultHandler: missing handle(); correct the class, or name another'
        ],
    ),
    (
        "[providers.a]\nclass = 'tests.nodes.components:Good'\nhandler = 'tests.nodes.components:Good'",
        [
            'vo.toml:3:11: providers.a.handler "tests.nodes.components:Good" does not provide IResultHandler: missing handle(); correct the class, or name another'
        ],
    ),
    (
        "[providers.a]\nclass = 'tests.nodes.components:Good'\nhandler = 'nowhere:H'",
        [
            'vo.toml:3:11: providers.a.handler "nowhere:H": no module "nowhere"; modules are looked for on PYTHONPATH: put it there'
        ],
    ),
    (
        "[providers.a]\nclass = 'tests.nodes.components:Good'\nhandler = 'Handler'",
        [
            'vo.toml:3:11: providers.a.handler "Handler" is no class of this package; did you mean "SortHandler"?'
        ],
    ),
    (
        "[providers.a]\ncommand = ['/bin/true']\narguments = { maxOutput = 0 }",
        [
            'vo.toml:2:11: providers.a.command "ScriptExecutionProvider" cannot be made: maxOutput 0 is not between 1 and 67108864; give other arguments'
        ],
    ),
    (
        "[providers.a]\ncommand = ['/bin/true']\narguments = { max = 1 }",
        [
            'vo.toml:3:15: providers.a.arguments.max: unknown argument "max"; known are command, maxOutput'
        ],
    ),
    (
        "[providers.b]\nclass = 'ScriptExecutionProvider'",
        [
            'vo.toml:1:12: providers.b.arguments: argument "command" is missing; give command among the arguments'
        ],
    ),
    (
        "[node]\nlisten = 'tcp:8480'",
        [
            'vo.toml:2:10: node.listen: "tcp:8480" lets other machines in, and there is neither TLS nor authentication; write interface=127.0.0.1, or spell out --insecure'
        ],
    ),
    (
        "[node]\nlisten = ['tcp:0:interface=127.0.0.1', 'tcp:8480:interface=192.0.2.1']",
        [
            'vo.toml:2:40: node.listen[1]: "tcp:8480:interface=192.0.2.1" lets other machines in, and there is neither TLS nor authentication; write interface=127.0.0.1, or spell out --insecure'
        ],
    ),
    (
        "[node]\nlisten='tcp6:8480:interface=\\:\\:'",
        [
            'vo.toml:2:8: node.listen: "tcp6:8480:interface=\\:\\:" lets other machines in, and there is neither TLS nor authentication; write interface=\\:\\:1, or spell out --insecure'
        ],
    ),
    (
        "[node]\nlisten='tcp:8480'\ninsecure=true",
        [
            'vo.toml:2:8: node.listen: "tcp:8480" has no address of its own; set public_url = "http://HOST:PORT" under [node], what handles begin with'
        ],
    ),
    (
        "[node]\nlisten='unix:/run/x'",
        [
            'vo.toml:2:8: node.listen: "unix:/run/x" has no address of its own; set public_url = "http://HOST:PORT" under [node], what handles begin with'
        ],
    ),
    (
        "[node]\nlisten='systemd:domain=INET:index=0'",
        [
            'vo.toml:2:8: node.listen: "systemd:domain=INET:index=0" has no address of its own; set public_url = "http://HOST:PORT" under [node], what handles begin with'
        ],
    ),
    (
        "[aggregate.a]\nfrom='http://h/s'\nnames=['a', 'b']\n[aggregate.b]\nfrom=['http://g/s', 'http://h/s']\nnames=['b', 'a']",
        [
            "vo.toml:5:6: aggregate.b.from: [aggregate.a] has the same names of http://h/s already; leave one of them out"
        ],
    ),
    (
        "[aggregate.a]\nfrom='http://h/s'\nnames=['a', 'b']\n[aggregate.b]\nfrom=['http://g/s', 'http://h/s']\nnames='a'\n[limits]\naggregated=2\naggregated_names=1",
        [
            "vo.toml:3:7: aggregate.a.names: 2 are more than aggregated_names, 1; leave some out, or make aggregated_names under [limits] more",
            "vo.toml:4:12: aggregate.b: more sources than aggregated under [limits], 2; leave some out, or make aggregated more",
        ],
    ),
    (
        "[aggregate.a]",
        [
            'vo.toml:1:12: aggregate.a: no service data is named; write names = ["{uri}local"]',
            'vo.toml:1:12: aggregate.a: no source is named; write from = "http://HOST:8480/services/index"',
        ],
    ),
    (
        "[aggregate.a]\nfrom='http://h/s'\n[aggregate.b]\nfrom='http://h/s'\nnames='x:y'",
        [
            'vo.toml:1:12: aggregate.a: no service data is named; write names = ["{uri}local"]',
            'vo.toml:5:7: aggregate.b.names: "x:y" is not {uri}local, and "x" is no known prefix; did you mean "px"?',
        ],
    ),
    (
        "[rips]\ngrace_period = '2m'",
        [
            "vo.toml:1:2: a gma-index is no RIPS, and has no use for [rips]; leave the section out, or start another kind of node"
        ],
    ),
]
