# ruff: noqa: E501 (messages are compared whole)
"""Broken configurations and every line they are answered with."""

__all__ = ["CASES"]

CASES: list[tuple[str, list[str]]] = [
    ("a = ", ['vo.toml:1:5: Invalid value; write a number, true, false, or a text in quotes, "x"']),
    (
        "[node",
        ["vo.toml:1:6: Expected ']' at the end of a table declaration; write the closing bracket"],
    ),
    ("name = 'x'\nname = 'y'", ["vo.toml:2:11: Cannot overwrite a value; write each key once"]),
    ("\n\nx = 'a", ['vo.toml:3:7: Expected "\'"; write the closing quotes']),
    (
        "x = 1 y = 2",
        [
            "vo.toml:1:7: Expected newline or end of document after a statement; write each key on a line of its own, and texts in quotes"
        ],
    ),
    (
        "[node]\n[node]",
        ["vo.toml:2:6: Cannot declare ('node',) twice; write all its keys below one header"],
    ),
    (
        "x = 2020-13-01",
        [
            "vo.toml:1:9: Expected newline or end of document after a statement; write each key on a line of its own, and texts in quotes"
        ],
    ),
    ("a = " + "[" * 5000, ["vo.toml:1:5004: is nested too deeply; write a section for each table"]),
    (
        "a = " + "9" * 5000,
        ["vo.toml:1:5: a number of thousands of digits; write a smaller one"],
    ),
    ("[nod]", ['vo.toml:1:2: unknown section "nod"; did you mean "node"?']),
    ("nodes = 1", ['vo.toml:1:1: unknown section "nodes"; did you mean "node"?']),
    ("node = 3", ["vo.toml:1:8: node: 3 is not a section; write [node]"]),
    ("limits = []", ["vo.toml:1:10: limits: an empty array is not a section; write [limits]"]),
    (
        "providers = 1",
        [
            "vo.toml:1:13: providers: 1 is not a table of sections; write a section for each, [providers.NAME]"
        ],
    ),
    ("providers.a = 2", ["vo.toml:1:15: providers.a: 2 is not a section; write [providers.a]"]),
    ("[[node]]", ["vo.toml:1:3: node: an array is not a section; write [node]"]),
    (
        "[sdes.x]\nmutability = 'static'",
        ['vo.toml:1:2: unknown section "sdes"; did you mean "sde"?'],
    ),
    ("[node]\nNAME = 'x'", ['vo.toml:2:1: node: unknown key "NAME"; did you mean "name"?']),
    ("[node]\nnam = 'x'", ['vo.toml:2:1: node: unknown key "nam"; did you mean "name"?']),
    (
        "[node]\nzzz = 'x'",
        [
            'vo.toml:2:1: node: unknown key "zzz"; known are insecure, listen, name, public_url, role, state_dir'
        ],
    ),
    (
        "node.publicurl = 'http://h'",
        ['vo.toml:1:6: node: unknown key "publicurl"; did you mean "public_url"?'],
    ),
    (
        "[node]\nname = ''",
        [
            'vo.toml:2:8: node.name: "" is not a name; use 1 to 64 letters, digits, dots, dashes, underscores'
        ],
    ),
    (
        "[node]\nname = '../x'",
        [
            'vo.toml:2:8: node.name: "../x" is not a name; use 1 to 64 letters, digits, dots, dashes, underscores'
        ],
    ),
    (
        "[node]\nname = 7",
        [
            "vo.toml:2:8: node.name: 7 is not a name; use 1 to 64 letters, digits, dots, dashes, underscores"
        ],
    ),
    (
        "[node]\nrole = ''",
        [
            'vo.toml:2:8: node.role: "" is not a text of 1 to 1024 characters; write "site-1", for example'
        ],
    ),
    (
        "[node]\nstate_dir = 4",
        [
            'vo.toml:2:13: node.state_dir: 4 is not a text of 1 to 1024 characters; write "/var/lib/gma", for example'
        ],
    ),
    (
        "[node]\ninsecure = 'yes'",
        [
            'vo.toml:2:12: node.insecure: "yes" is not true or false; write one of them, without quotes'
        ],
    ),
    (
        "[node]\ninsecure = 1",
        ["vo.toml:2:12: node.insecure: 1 is not true or false; write one of them, without quotes"],
    ),
    (
        "[node]\nlisten = 8480",
        [
            'vo.toml:2:10: node.listen: 8480 is not an endpoint; write "tcp:8480:interface=127.0.0.1"'
        ],
    ),
    (
        "[node]\nlisten = []",
        [
            'vo.toml:2:10: node.listen: an empty array is not an endpoint; write "tcp:8480:interface=127.0.0.1"'
        ],
    ),
    (
        "[node]\nlisten = ['tcp:0', 3]",
        ['vo.toml:2:10: node.listen: 3 is not an endpoint; write "tcp:8480:interface=127.0.0.1"'],
    ),
    (
        "[node]\nlisten = 'tpc:8480'",
        ['vo.toml:2:10: node.listen: "tpc:8480": unknown endpoint type "tpc"; did you mean "tcp"?'],
    ),
    (
        "[node]\nlisten = ''",
        [
            'vo.toml:2:10: node.listen: "": unknown endpoint type ""; known are ssl, systemd, tcp, tcp6, unix'
        ],
    ),
    (
        "[node]\nlisten = 'tcp:x'",
        ['vo.toml:2:10: node.listen: "tcp:x": "x" is not a port; write a number from 0 to 65535'],
    ),
    (
        "[node]\nlisten = 'tcp'",
        ['vo.toml:2:10: node.listen: "tcp": "" is not a port; write a number from 0 to 65535'],
    ),
    (
        "[node]\nlisten = 'tcp:65536'",
        [
            'vo.toml:2:10: node.listen: "tcp:65536": "65536" is not a port; write a number from 0 to 65535'
        ],
    ),
    (
        "[node]\nlisten = 'tcp:1:interfce=127.0.0.1'",
        [
            'vo.toml:2:10: node.listen: "tcp:1:interfce=127.0.0.1": unknown option "interfce"; did you mean "interface"?'
        ],
    ),
    (
        "[node]\nlisten = 'tcp:1:interface=example.org'",
        [
            'vo.toml:2:10: node.listen: "tcp:1:interface=example.org": interface "example.org" is not an address; write 127.0.0.1, localhost, or with tcp6 \\:\\:1'
        ],
    ),
    (
        "[node]\nlisten = 'tcp:1:interface=\\:\\:1'",
        [
            'vo.toml:2:10: node.listen: "tcp:1:interface=\\\\:\\\\:1": interface ::1 needs the type tcp6; write tcp6:PORT:interface=...'
        ],
    ),
    (
        "[node]\nlisten = 'tcp6:1:interface=127.0.0.1'",
        [
            'vo.toml:2:10: node.listen: "tcp6:1:interface=127.0.0.1": interface 127.0.0.1 needs the type tcp; write tcp:PORT:interface=...'
        ],
    ),
    (
        "[node]\nlisten = ['tcp:1', 'tcp:1']",
        ["vo.toml:2:10: node.listen: the same endpoint twice; leave one of them out"],
    ),
    (
        "[node]\npublic_url = 'host:8480'",
        [
            'vo.toml:2:14: node.public_url: "host:8480" is not a base URL; write scheme, host and port only, "https://host:8480"'
        ],
    ),
    (
        "[node]\npublic_url = 'ftp://host'",
        [
            'vo.toml:2:14: node.public_url: "ftp://host" is not a base URL; write scheme, host and port only, "https://host:8480"'
        ],
    ),
    (
        "[node]\npublic_url = 'http://host/path'",
        [
            'vo.toml:2:14: node.public_url: "http://host/path" is not a base URL; write scheme, host and port only, "https://host:8480"'
        ],
    ),
    (
        "[node]\npublic_url = 'http://u:p@host'",
        [
            'vo.toml:2:14: node.public_url: "http://***@host" is not a base URL; write scheme, host and port only, "https://host:8480"'
        ],
    ),
    (
        "[node]\npublic_url = 'http://host:x'",
        [
            'vo.toml:2:14: node.public_url: "http://host:x" is not a base URL; write scheme, host and port only, "https://host:8480"'
        ],
    ),
    (
        "[providers.a]",
        [
            'vo.toml:1:12: providers.a: there is nothing to run; write class = "package.module:Class" or command = ["/path/of/program"]'
        ],
    ),
    (
        "[providers.a]\nclass = 'm:C'\ncommand = ['/x']",
        [
            "vo.toml:3:11: providers.a.command: a provider has a class or a command, not both; leave one of them out"
        ],
    ),
    (
        "[providers.a]\nclas = 'm:C'",
        ['vo.toml:2:1: providers.a: unknown key "clas"; did you mean "class"?'],
    ),
    (
        "[providers.'a b']\nclass = 'm:C'",
        [
            'vo.toml:1:12: providers: "a b" is not a name; use 1 to 64 letters, digits, dots, dashes, underscores'
        ],
    ),
    (
        "[providers.a]\nclass = 'm.C'",
        ['vo.toml:2:9: providers.a.class: "m.C" is not a class; write "package.module:Class"'],
    ),
    (
        "[providers.a]\nclass = 'm:C:D'",
        ['vo.toml:2:9: providers.a.class: "m:C:D" is not a class; write "package.module:Class"'],
    ),
    (
        "[providers.a]\nclass = ['m:C']",
        ['vo.toml:2:9: providers.a.class: an array is not a class; write "package.module:Class"'],
    ),
    (
        "[providers.a]\ncommand = 'ls -l'",
        [
            'vo.toml:2:11: providers.a.command: "ls -l" is not a command; write a list, ["/usr/bin/program", "argument"]'
        ],
    ),
    (
        "[providers.a]\ncommand = []",
        [
            'vo.toml:2:11: providers.a.command: an empty array is not a command; write a list, ["/usr/bin/program", "argument"]'
        ],
    ),
    (
        "[providers.a]\ncommand = ['/bin/ls', 1]",
        [
            "vo.toml:2:11: providers.a.command: 1 is not a word of a command; write every word in quotes, without NUL"
        ],
    ),
    (
        "[providers.a]\ncommand = ['ls']",
        [
            'vo.toml:2:11: providers.a.command: "ls" is not an absolute path; write where the program is, "/usr/bin/program"'
        ],
    ),
    (
        "[providers.a]\nclass = 'm:C'\nintervall = '30s'",
        ['vo.toml:3:1: providers.a: unknown key "intervall"; did you mean "interval"?'],
    ),
    (
        "[providers.a]\nclass = 'm:C'\ninterval = 30",
        [
            'vo.toml:3:12: providers.a.interval: 30 is not a duration; write "500ms", "30s", "2m" or "1h"'
        ],
    ),
    (
        "[providers.a]\nclass = 'm:C'\ninterval = '30'",
        [
            'vo.toml:3:12: providers.a.interval: "30" is not a duration; write "500ms", "30s", "2m" or "1h"'
        ],
    ),
    (
        "[providers.a]\nclass = 'm:C'\ninterval = '-1s'",
        [
            'vo.toml:3:12: providers.a.interval: "-1s" is not a duration; write "500ms", "30s", "2m" or "1h"'
        ],
    ),
    (
        "[providers.a]\nclass = 'm:C'\ninterval = '5 s'",
        [
            'vo.toml:3:12: providers.a.interval: "5 s" is not a duration; write "500ms", "30s", "2m" or "1h"'
        ],
    ),
    (
        "[providers.a]\nclass = 'm:C'\ninterval = '5ms'",
        [
            'vo.toml:3:12: providers.a.interval: less than "100ms"; write more, or "0s" to run once at start'
        ],
    ),
    (
        "[providers.a]\nclass = 'm:C'\ninterval = true",
        [
            'vo.toml:3:12: providers.a.interval: true is not a duration; write "500ms", "30s", "2m" or "1h"'
        ],
    ),
    (
        "[providers.a]\nclass = 'm:C'\ntimeout = '0s'",
        [
            'vo.toml:3:11: providers.a.timeout: must be longer than nothing; write "30s", for example'
        ],
    ),
    (
        "[providers.a]\nclass = 'm:C'\ngrace = 'inf'",
        [
            'vo.toml:3:9: providers.a.grace: "inf" is not a duration; write "500ms", "30s", "2m" or "1h"'
        ],
    ),
    (
        "[providers.a]\nclass = 'm:C'\nhandler = 'x y'",
        ['vo.toml:3:11: providers.a.handler: "x y" is not a class; write "package.module:Class"'],
    ),
    (
        "[providers.a]\nclass = 'm:C'\nhandler_arguments = { key = '@id' }",
        [
            'vo.toml:3:21: providers.a.handler_arguments: there is no handler that takes them; write handler = "SplitHandler", for example, or leave them out'
        ],
    ),
    (
        "[providers.a]\nclass = 'm:C'\nname = '{urn:x'",
        ['vo.toml:3:8: providers.a.name: name "{urn:x" has no closing brace; write {uri}local'],
    ),
    (
        "[providers.a]\nclass = 'm:C'\nname = 'a:b'",
        [
            'vo.toml:3:8: providers.a.name: "a:b" is not {uri}local, and "a" is no known prefix; known are agg, agg32, ganglia, glue, gma, gmac, gmae, gmap, gmar, metrics, ogsi, px, reg, rips, sd, sub, xsd, xsi'
        ],
    ),
    (
        "[providers.a]\nclass = 'm:C'\nname = 'gluee:Cluster'",
        [
            'vo.toml:3:8: providers.a.name: "gluee:Cluster" is not {uri}local, and "gluee" is no known prefix; did you mean "glue"?'
        ],
    ),
    (
        "[providers.a]\nclass = 'm:C'\nname = 'glue:'",
        ['vo.toml:3:8: providers.a.name: "" is not an XML name; write {uri}local'],
    ),
    (
        "[providers.a]\nclass = 'm:C'\nname = 1",
        [
            'vo.toml:3:8: providers.a.name: 1 is not a name; write "{uri}local", or a known prefix, "ogsi:local"'
        ],
    ),
    (
        "[providers.a]\nclass = 'm:C'\nasync = 'true'",
        [
            'vo.toml:3:9: providers.a.async: "true" is not true or false; write one of them, without quotes'
        ],
    ),
    (
        "[providers.a]\ncommand = ['/x']\nasync = true",
        [
            "vo.toml:3:9: providers.a.async: a command is run on its interval; only a class can be async; leave it out"
        ],
    ),
    (
        "[providers.a]\nclass = 'm:C'\narguments = ['x']",
        ["vo.toml:3:13: providers.a.arguments: an array is not a table; write { name = value }"],
    ),
    (
        "providers = { a = { class = 'm:C', wait = '1s' } }",
        [
            'vo.toml:1:36: providers.a: unknown key "wait"; known are arguments, async, class, command, demand, fastest, grace, handler, handler_arguments, interval, name, timeout'
        ],
    ),
    (
        "providers.a.class = 'm:C'\nproviders.a.interval = 1.5",
        [
            'vo.toml:2:24: providers.a.interval: 1.5 is not a duration; write "500ms", "30s", "2m" or "1h"'
        ],
    ),
    (
        "[limits]\nmax_body = 8",
        ['vo.toml:2:12: limits.max_body: 8 is not a size; write "512B", "64KiB" or "8MiB"'],
    ),
    (
        "[limits]\nmax_body = '8MB'",
        ['vo.toml:2:12: limits.max_body: "8MB" is not a size; write "512B", "64KiB" or "8MiB"'],
    ),
    (
        "[limits]\nmax_body = '0B'",
        ['vo.toml:2:12: limits.max_body: "0B" is not a size; write "512B", "64KiB" or "8MiB"'],
    ),
    (
        "[limits]\nxml_depth = 0",
        [
            "vo.toml:2:13: limits.xml_depth: 0 is not a whole number from 1 to 1000000000; write 1000, for example"
        ],
    ),
    (
        "[limits]\nxml_depth = true",
        [
            "vo.toml:2:13: limits.xml_depth: true is not a whole number from 1 to 1000000000; write 1000, for example"
        ],
    ),
    (
        "[limits]\nxml_depth = 1.5",
        [
            "vo.toml:2:13: limits.xml_depth: 1.5 is not a whole number from 1 to 1000000000; write 1000, for example"
        ],
    ),
    (
        "[limits]\nstore_elements = 10_000_000_000",
        [
            "vo.toml:2:18: limits.store_elements: 10000000000 is not a whole number from 1 to 1000000000; write 1000, for example"
        ],
    ),
    (
        "[limits]\nhead_timeout = '0s'",
        [
            'vo.toml:2:16: limits.head_timeout: must be longer than nothing; write "10s", for example'
        ],
    ),
    (
        "[archive]\nkeep_time = '0s'\nkeep_size = '1B'",
        [
            'vo.toml:2:13: archive.keep_time: must be longer than nothing; write "30d", for example',
            'vo.toml:3:13: archive.keep_size: less than "1MiB" has no room for events; write "4GiB", for example',
        ],
    ),
    (
        "[filter]\nevent_types = ['a', 'a']",
        ["vo.toml:2:15: filter.event_types: the same name twice; leave one of them out"],
    ),
    (
        "[republish]\nprefix = 'a*'\nrename = { a = 1 }\nconst = { b = [] }",
        [
            'vo.toml:2:10: republish.prefix: a name of events has no * and no ?; write "cern.", for example',
            "vo.toml:3:10: republish.rename: \"a\": the other name is no text, or empty; write { 'Load' = 'host.load' }, for example",
            "vo.toml:4:9: republish.const: the value of \"b\" is no text, number, true or false; write { site = 'cern' }, for example",
        ],
    ),
    (
        "[summarise.a]\nwindow = '1ms'\nvalues = 'mean'",
        [
            'vo.toml:2:10: summarise.a.window: less than "100ms"; write "1m", for example',
            'vo.toml:3:10: summarise.a.values: these are told of fields, and none is named; write fields = "load", for example, or "count" among the values',
        ],
    ),
    (
        "[summarise.a]\nvalues = ['p101']\nfields = 'a b'",
        [
            'vo.toml:2:10: summarise.a.values: "p101" is no value that can be told of many; write some of "count", "rate", "mean", "min", "max", "sum", and "p50", "p99.9" for quantiles',
            'vo.toml:3:10: summarise.a.fields: "a b" is not the name of a field; write "load", or "cpu/load" for what is in the container cpu',
        ],
    ),
    (
        "[summarise.a]\nwindow = '1s'\nlate = '2m'\nname = 'all'\nby = 'count'",
        [
            "vo.toml:3:8: summarise.a.late: longer than 60 windows; make window longer, or late shorter",
            'vo.toml:4:8: summarise.a.name: all that "*" means would be called "all"; write "summary.*", for example',
            'vo.toml:5:6: summarise.a.by: "count" is what the summary itself tells; leave it out, or have it renamed where the events are made',
        ],
    ),
    (
        "[summarise.a]\nfields = 'x'\nvalues = 'p50'\ngroups = 1000000\nsamples = 1000",
        [
            "vo.toml:5:11: summarise.a.samples: groups, samples and fields come to 1000000000 numbers, more than 20000000; make groups or samples less"
        ],
    ),
    (
        "[limits]\nmaxbody = '8MiB'",
        ['vo.toml:2:1: limits: unknown key "maxbody"; did you mean "max_body"?'],
    ),
    ("[node]\r\nnam = 1\r\n", ['vo.toml:2:1: node: unknown key "nam"; did you mean "name"?']),
    (
        '# comment ä\n"näme" = 1',
        [
            'vo.toml:2:1: unknown section "n\\xe4me"; known are access, aggregate, archive, audit, connect, consumer, directory, factory, filter, identity, limits, node, notify, producer, providers, query, register, registry, republish, rips, sde, services, store, streams, subscribe, summarise, tls'
        ],
    ),
    (
        "[providers.a]\ncommand = ['/x']\narguments = { command = ['/y'] }",
        [
            "vo.toml:3:13: providers.a.arguments: the command is given already, beside them; leave one of them out",
        ],
    ),
    (
        "[registry]\nknown_member = 'strict'",
        [
            'vo.toml:2:16: registry.known_member: "strict" is none of its words; write "renew", "add" or "refuse"'
        ],
    ),
    (
        "[registry]\nknown_member = ['add']",
        [
            'vo.toml:2:16: registry.known_member: an array is none of its words; write "renew", "add" or "refuse"'
        ],
    ),
    (
        "[registry]\nmin_lifetime = '0s'",
        [
            'vo.toml:2:16: registry.min_lifetime: must be longer than nothing; write "5s", for example'
        ],
    ),
    (
        "[registry]\nmin_lifetime = '2d'",
        ['vo.toml:1:2: registry.max_lifetime: less than min_lifetime; write "2d" or more'],
    ),
    (
        "[registry]\nmax_lifetime = '1m'",
        [
            'vo.toml:1:2: registry.default_lifetime: not between min_lifetime and max_lifetime; write one from "5s" to "1m"'
        ],
    ),
    (
        "[aggregate.a]\nfrom = ['http://h/s', 'http://h:8480']\nnames = ['*', 'glue:*']",
        [
            'vo.toml:2:8: aggregate.a.from: "http://h:8480" is a node, not a service; write "http://h:8480/services/index"',
            'vo.toml:3:9: aggregate.a.names: "*" is no name; write "{uri}*" for every name of a namespace',
        ],
    ),
    (
        "[aggregate.a]\nfrom = 'http://h/s'\nnames = ['x:*']\nmode = 'pull'\ninterval = '1ms'",
        [
            'vo.toml:3:9: aggregate.a.names: "x:*" is not {uri}local, and "x" is no known prefix; did you mean "px"?',
            'vo.toml:4:8: aggregate.a.mode: "pull" is none of its words; write "subscribe" or "poll"',
        ],
    ),
    (
        "[aggregate.a]\nfrom = ['http://h/s', 'http://h/s']\nnames = ['a', 'a']\ninterval = '1ms'\nlifetime = '0s'",
        [
            "vo.toml:2:8: aggregate.a.from: the same URL twice; leave one of them out",
            "vo.toml:3:9: aggregate.a.names: the same name twice; leave one of them out",
            'vo.toml:4:12: aggregate.a.interval: less than "100ms"; write "100ms" or more, "10s" for example',
            'vo.toml:5:12: aggregate.a.lifetime: must be longer than nothing; write "10m", for example',
        ],
    ),
    (
        "[register.a]\nat = 'http://h/s'\nnames = ['glue:*', 'glue:*']",
        ["vo.toml:3:9: register.a.names: the same name twice; leave one of them out"],
    ),
    (
        "[limits]\nquery_workers = 65\nquery_cpu = '0s'",
        [
            "vo.toml:2:17: limits.query_workers: more than 64; write 2, for example",
            'vo.toml:3:13: limits.query_cpu: must be longer than nothing; write "5s", for example',
        ],
    ),
    (
        "[limits]\naggregated_lifetime = '2d'\naggregated_min_interval = '1m'\naggregated_batch = 100000",
        [
            'vo.toml:1:2: limits.aggregated_interval: not between aggregated_min_interval and aggregated_max_interval; write one from "1m" to "1h"',
            'vo.toml:2:23: limits.aggregated_lifetime: not between aggregated_min_lifetime and aggregated_max_lifetime; write one from "5s" to "1d"',
            "vo.toml:4:20: limits.aggregated_batch: not less than store_batch; write less than 100000, or store_batch more",
        ],
    ),
    (
        "[[registry.membership_rules]]\nmember_interface = 'urn:x'",
        [
            'vo.toml:2:20: registry.membership_rules[0].member_interface: "urn:x" is not {uri}local, and "urn" is no known prefix; known are agg, agg32, ganglia, glue, gma, gmac, gmae, gmap, gmar, metrics, ogsi, px, reg, rips, sd, sub, xsd, xsi'
        ],
    ),
    (
        "[registry]\nmembership_rules = [\n  { member_interface = 'ogsi:GridService' },\n  { memberInterface = 'x' },\n]",
        [
            'vo.toml:4:5: registry.membership_rules[1]: unknown key "memberInterface"; did you mean "member_interface"?'
        ],
    ),
    (
        "[[registry.membership_rules]]\nmember_interface = 'x'\n[[registry.membership_rules]]\ncontent = 'gma:a'",
        [
            'vo.toml:3:12: registry.membership_rules[1]: no members are named; write member_interface = "ogsi:GridService", or another port type'
        ],
    ),
    (
        "[[registry.membership_rules]]\nmember_interface = 'x'\ncontent = ['a', 'b', 'a']",
        [
            "vo.toml:3:11: registry.membership_rules[0].content: the same name twice; leave one of them out"
        ],
    ),
    (
        "[registry.membership_rules]\nmember_interface = 'x'\ncontent = [3]",
        [
            'vo.toml:3:11: registry.membership_rules.content: 3 is not a name; write "{uri}local", or a known prefix, "ogsi:local"',
        ],
    ),
    (
        "[[registry.membership_rules]]\nmember_interface = 'x'\ncontent = ["
        + ", ".join(f"'n{number}'" for number in range(65))
        + "]",
        [
            "vo.toml:3:11: registry.membership_rules[0].content: 65 names are more than 64; leave some out"
        ],
    ),
    (
        "registry.membership_rules = []",
        [
            "vo.toml:1:29: registry.membership_rules: an empty array says nothing; leave the key out",
        ],
    ),
    (
        "registry.membership_rules = ['ogsi:GridService']",
        [
            'vo.toml:1:29: registry.membership_rules: "ogsi:GridService" is not a table; write { name = value }'
        ],
    ),
    (
        "registry.membership_rules = [" + "{ member_interface = 'x' }, " * 65 + "]",
        ["vo.toml:1:29: registry.membership_rules: 65 tables are more than 64; leave some out"],
    ),
    (
        "[notify]\nmin_lifetime = '0s'",
        ['vo.toml:2:16: notify.min_lifetime: must be longer than nothing; write "5s", for example'],
    ),
    (
        "[notify]\nmax_lifetime = '1s'",
        ['vo.toml:2:16: notify.max_lifetime: less than min_lifetime; write "5s" or more'],
    ),
    (
        "[notify]\nmin_repeat = '0s'",
        ['vo.toml:2:14: notify.min_repeat: must be longer than nothing; write "1s", for example'],
    ),
    (
        "[notify]\nthird_party_exempt = ['http://host:8480/a/', 'http://host:8480']",
        [
            'vo.toml:2:22: notify.third_party_exempt: "http://host:8480" is not what URLs begin with; write scheme, host in lower case, port and a path that ends in a slash, "http://host:8480/"'
        ],
    ),
    (
        "[notify]\nthird_party_exempt = 'http://u@host/'",
        [
            'vo.toml:2:22: notify.third_party_exempt: "http://***@host/" is not what URLs begin with; write scheme, host in lower case, port and a path that ends in a slash, "http://host:8480/"'
        ],
    ),
    (
        "[notify]\nthird_party_exempt = ['http://host/', 'http://host/']",
        ["vo.toml:2:22: notify.third_party_exempt: the same URL twice; leave one of them out"],
    ),
    (
        "[store]\nengine = 'postgres'",
        ['vo.toml:2:10: store.engine: "postgres" is none of its words; write "sqlite" or "memory"'],
    ),
    (
        "[store]\nengine = 'memory'\nkeep_service_data = true",
        [
            'vo.toml:3:21: store.keep_service_data: nothing is kept in memory; write engine = "sqlite"'
        ],
    ),
    (
        "[register.vo]",
        [
            'vo.toml:1:11: register.vo: no registry is named; write at = "http://HOST:8481/services/registry"'
        ],
    ),
    (
        "[register.vo]\nat = 'urn:x'",
        [
            'vo.toml:2:6: register.vo.at: "urn:x" is not an absolute URL such as http://host:8480/services/index; write "http://HOST:PORT/services/NAME"'
        ],
    ),
    (
        "[register.vo]\nat = 'ftp://h/x'",
        [
            'vo.toml:2:6: register.vo.at: "ftp://h/x" is not the URL of a service; write "http://HOST:PORT/services/NAME"'
        ],
    ),
    (
        "[register.vo]\nat = 'http://h:8600/'\n[register.a]\nat = 'https://h'\ngma = false",
        [
            'vo.toml:2:6: register.vo.at: "http://h:8600/" is a node, not a service; write "http://h:8600/services/registry", /services/index for a gma-index, /services/directory for a GMA directory',
            'vo.toml:4:6: register.a.at: "https://h" is a node, not a service; write "https://h/services/registry", /services/index for a gma-index, /services/directory for a GMA directory',
        ],
    ),
    (
        "[register.vo]\nat = 'http://h/x'\nlifetime = '0s'",
        [
            'vo.toml:3:12: register.vo.lifetime: must be longer than nothing; write "5m", for example'
        ],
    ),
    (
        "[register.vo]\nat = 'http://h/x'\nservices = ['index']",
        [
            'vo.toml:3:12: register.vo.services: "index" is not the path of a service; write "/services/NAME"'
        ],
    ),
    (
        "[register.vo]\nat = 'http://h/x'\nservices = ['/services/a', '/services/a']",
        ["vo.toml:3:12: register.vo.services: the same path twice; leave one of them out"],
    ),
    (
        "[register.vo]\nat = 'http://h/x'\nattributes = { site = 3 }",
        [
            'vo.toml:3:14: register.vo.attributes: 3 is not a text of 1 to 1024 characters; write { site = "cern" }'
        ],
    ),
    (
        "[register.vo]\nat = 'http://h/x'\nattributes = { 'a b' = 'x' }",
        [
            'vo.toml:3:14: register.vo.attributes: "a b" is not a name; use 1 to 64 letters, digits, dots, dashes, underscores'
        ],
    ),
    (
        "register = 3",
        [
            "vo.toml:1:12: register: 3 is not a table of sections; write a section for each, [register.NAME]"
        ],
    ),
    (
        "[factory.a]",
        [
            'vo.toml:1:10: factory.a: no class is named; write class = "package.module:Class", or class = "ServiceDataHolder"'
        ],
    ),
    (
        "[factory.a]\nclass = 'holder'\narguments = 3",
        [
            'vo.toml:2:9: factory.a.class: "holder" is not a class; write "package.module:Class"',
            "vo.toml:3:13: factory.a.arguments: 3 is not a table; write { name = value }",
        ],
    ),
    (
        "factory = 3",
        [
            "vo.toml:1:11: factory: 3 is not a table of sections; write a section for each, [factory.NAME]"
        ],
    ),
    (
        "[access]",
        [
            'vo.toml:1:2: the section says nothing; write anonymous = "none" or "read", and [access.rules.NAME] for who may do what'
        ],
    ),
    (
        "[access.rules]",
        [
            'vo.toml:1:2: the section says nothing; write anonymous = "none" or "read", and [access.rules.NAME] for who may do what'
        ],
    ),
    (
        "[access]\nanonymous = 'write'",
        ['vo.toml:2:13: access.anonymous: "write" is none of its words; write "none" or "read"'],
    ),
    (
        "[access]\nrules = 1",
        [
            "vo.toml:2:9: access.rules: 1 is not a table of sections; write a section for each, [access.rules.NAME]"
        ],
    ),
    (
        "[access.rules.'a b']\nwho = 'x'",
        [
            'vo.toml:1:9: access.rules: "a b" is not a name; use 1 to 64 letters, digits, dots, dashes, underscores'
        ],
    ),
    (
        "[access.rules.a]",
        [
            'vo.toml:1:15: access.rules.a.may: the rule allows nothing; write classes, "read", "register", "subscribe", "notify", "write", "run", "aggregate", "create", "admin", or names of operations',
            'vo.toml:1:15: access.rules.a.who: the rule is for nobody; write who = ["alice", "@operators"], for example',
        ],
    ),
    (
        "[access.rules.a]\nwho = '@'\nmay = 'a b'\non = 'services'\nowners = 'all'\nwhose = 1",
        [
            'vo.toml:2:7: access.rules.a.who: "" is not a name; use 1 to 64 letters, digits, dots, dashes, underscores',
            'vo.toml:3:7: access.rules.a.may: "a b" is no class and no operation; write classes, "read", "register", "subscribe", "notify", "write", "run", "aggregate", "create", "admin", or names of operations',
            'vo.toml:4:6: access.rules.a.on: "services" is no path; write "/services/index" or "/services/*"',
            'vo.toml:5:10: access.rules.a.owners: "all" is none of its words; write "own" or "any"',
            'vo.toml:6:1: access.rules.a: unknown key "whose"; did you mean "who"?',
        ],
    ),
    (
        "[access.rules.a]\nwho = ['anonymous', 'anonymous']\nmay = ['admin', 'read']\nowners = 'any'",
        [
            "vo.toml:2:7: access.rules.a.who: the same twice; leave one of them out",
            'vo.toml:3:7: access.rules.a.may: whoever reaches the node could have it do what only operators do; leave "admin" or "anonymous" out',
            'vo.toml:4:10: access.rules.a.owners: whoever reaches the node could end what belongs to others; leave owners or "anonymous" out',
        ],
    ),
    (
        "[access.rules.a]\nwho = 'anonymous'\nmay = [" + "'read', " * 65 + "]",
        ["vo.toml:3:7: access.rules.a.may: 65 are more than 64; write a second rule"],
    ),
]
