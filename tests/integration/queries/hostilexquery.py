"""A hundred hostile expressions in XQuery 3.1."""

from collections.abc import Iterator, Mapping, Sequence

from gma_twisted.model import Language
from tests.integration.queries.expression import LONGEST, Hostile, filled

__all__ = ["XQUERIES"]

_RECURSIVE = {
    "endless": "declare function local:f($n) { local:f($n + 1) }; local:f(0)",
    "deep": "declare function local:f($n) { 1 + local:f($n + 1) }; local:f(0)",
    "mutual": "declare function local:f($n) { local:g($n + 1) }; declare function local:g($n) { local:f($n) };"
    " local:f(0)",
    "mutualDeep": "declare function local:f($n) { local:g($n) + 1 };"
    " declare function local:g($n) { local:f($n) * 2 }; local:f(1)",
    "twice": "declare function local:f($n) { local:f($n + 1), local:f($n + 1) }; count(local:f(0))",
    "fibonacci": "declare function local:f($n) { if ($n lt 2) then $n else local:f($n - 1) + local:f($n - 2) };"
    " local:f(60)",
    "Ackermann": "declare function local:a($m, $n) { if ($m eq 0) then $n + 1 else if ($n eq 0) then"
    " local:a($m - 1, 1) else local:a($m - 1, local:a($m, $n - 1)) }; local:a(4, 3)",
    "self": "let $f := function($f) { $f($f) } return $f($f)",
    "selfDeep": "let $f := function($f, $n) { ($f($f, $n + 1), $n) } return count($f($f, 0))",
    "caught": "declare function local:f($n) { try { 1 + local:f($n + 1) } catch * { local:f($n) } }; local:f(0)",
    "variable": "declare variable $x := local:f(); declare function local:f() { $x }; $x",
    "elements": "declare function local:f($n) { <a>{ local:f($n + 1) }</a> }; local:f(0)",
    "million": "declare function local:f($n) { if ($n eq 0) then 0 else 1 + local:f($n - 1) }; local:f(1000000)",
}

_RANGES = {
    "sum": "sum(1 to 1000000000000)",
    "filter": "count((1 to 1000000000000)[. mod 2 = 0])",
    "none": "some $x in 1 to 1000000000000 satisfies $x lt 0",
    "reverse": "reverse(1 to 1000000000000)[1]",
    "pairs": "count(for $i in 1 to 1000000, $j in 1 to 1000000 where $i * $j eq -1 return 1)",
    "over": "1 to 99999999999999999999999",
    "distinct": "count(distinct-values(1 to 1000000000))",
    "answer": "1 to 1000000000",
    "elements": "(1 to 1000000000) ! <a b='{.}'/>",
    "kept": "let $x := (1 to 1000000000) ! string(.) return ($x[last()], $x[1])",
    "cross": "count(for $a in ?*//node(), $b in ?*//node(), $c in ?*//node(), $d in ?*//node() where $a << $d"
    " return 1)",
}

_STRINGS = {
    "join": "string-length(string-join((1 to 1000000000) ! 'xxxxxxxxxx'))",
    "doubled": "string-length(fold-left(1 to 60, 'x', function($s, $i) { concat($s, $s) }))",
    "written": "fold-left(1 to 26, 'x', function($s, $i) { concat($s, $s) })",
    "replaced": "string-length(fold-left(1 to 60, 'ab', function($s, $i) { replace($s, '.', '$0$0') }))",
    "codepoints": "codepoints-to-string((1 to 1000000000) ! 65)",
    "upper": "string-length(upper-case(fold-left(1 to 30, '\u00df', function($s, $i) { $s || $s })))",
    "normalized": "string-length(normalize-unicode(fold-left(1 to 28, '\ufdfa',"
    " function($s, $i) { $s || $s }), 'NFKD'))",
    "tokens": "count(tokenize(fold-left(1 to 28, 'a b ', function($s, $i) { $s || $s }), ' '))",
    "picture": "format-number(1, string-join((1 to 100000000) ! '0'))",
    "chained": "let $a := 'xxxxxxxxxxxxxxxx' "
    + "".join(
        f"let ${two} := ${one} || ${one} || ${one} || ${one} "
        for one, two in zip("abcdefghijklmn", "bcdefghijklmno", strict=True)
    )
    + "return string-length($o || $o || $o || $o || upper-case($o))",
    "binary": "string(xs:base64Binary(fold-left(1 to 30, 'AAAA', function($s, $i) { $s || $s })))",
}

_EVIL = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"

_REGEX = {
    "matches": f"matches('{_EVIL}', '^(a+)+$')",
    "alternatives": f"matches('{_EVIL}', '^(a|aa)+$')",
    "replace": f"replace('{_EVIL}', '(a*)*b', 'c')",
    "tokenize": f"tokenize('{_EVIL}', '(x|x+a|(a+)+b)')",
    "analyze": f"analyze-string('{_EVIL}', '(a?)*(a+)+c')",
    "java": f"matches('{_EVIL}', '^(a+)+$', ';j')",
    "javaReplace": f"replace('{_EVIL}', '^(([a-z])+.)+[A-Z]([a-z])+$', 'x', ';j')",
    "repeats": "matches('a', '((((a{1,1000}){1,1000}){1,1000}){1,1000}){1,1000}')",
    "huge": "matches('a', 'a{1,2147483647}')",
    "back": f"matches('{_EVIL}', '^(a*)(a*)(a*)(a*)(a*)\\1\\2\\3\\4\\5b$')",
    "deep": f"matches('a', '{'(' * 1900}a{')' * 1900}')",
    "computed": "matches('a', string-join((1 to 1000000) ! '(a|'))",
    "each": "count((1 to 1000000)[matches('aaaaaaaaaaaaaaaaaaaaaaaaaab', concat('^(a+)+', ., '$'))])",
}

_BOMBS = {
    "fold": "fold-left(1 to 1000000000, (), function($all, $i) { $all, $i })",
    "foldRight": "fold-right(1 to 1000000000, 0, function($i, $n) { $i + $n })",
    "maps": "map:size(fold-left(1 to 1000000000, map { }, function($m, $i) { map:put($m, $i, $m) }))",
    "merge": "map:size(map:merge((1 to 1000000000) ! map { . : string(.) }))",
    "arrays": "array:size(array { (1 to 1000000000) ! [., .] })",
    "shared": "fold-left(1 to 60, [1], function($a, $i) { [$a, $a] })",
    "sharedMap": "serialize(fold-left(1 to 60, map { }, function($m, $i) { map { 'a': $m, 'b': $m } }),"
    " map { 'method': 'json' })",
    "JSON": "parse-json(string-join(((1 to 1000000) ! '[', (1 to 1000000) ! ']')))",
    "fromJSON": "json-to-xml(string-join(((1 to 1000000) ! '[', (1 to 1000000) ! ']')))",
    "elements": "fold-left(1 to 60, <a/>, function($e, $i) { <a>{ $e, $e }</a> })",
    "depth": "fold-left(1 to 1000000, <a/>, function($e, $i) { <a>{ $e }</a> })",
    "attributes": "<a>{ (1 to 100000000) ! attribute { 'a' || . } { . } }</a>",
    "text": "<a>{ text { string-join((1 to 1000000000) ! 'text') } }</a>",
    "closures": "fold-left(1 to 10000000, function() { 1 }, function($f, $i) { function() { $f() + 1 } })()",
    "permute": "random-number-generator()?permute(1 to 1000000000)[1]",
    "deepEqual": "let $f := function() { fold-left(1 to 22, <a/>, function($e, $i) { <a>{ $e, $e }</a> }) }"
    " return deep-equal($f(), $f())",
}

_SORTS = {
    "sort": "sort(1 to 1000000000, (), function($x) { -$x })[1]",
    "order": "(for $x in 1 to 1000000000 order by -$x return $x)[1]",
    "group": "count(for $x in 1 to 1000000000 group by $k := $x mod 99999999 return $k)",
    "window": "count(for sliding window $w in 1 to 1000000 start when true() end when false() return count($w))",
    "strings": "sort((1 to 100000000) ! string(.), 'http://www.w3.org/2013/collation/UCA?strength=identical')[1]",
}

_NUMBERS = {
    "power": "string-length(string(fold-left(1 to 60, 3, function($n, $i) { $n * $n })))",
    "factorial": "string-length(string(fold-left(1 to 1000000, 1, function($n, $i) { $n * $i })))",
    "digits": "xs:integer(string-join((1 to 10000000) ! '9')) mod 7",
    "decimal": "fold-left(1 to 60, 1.000000000000000001, function($n, $i) { $n * $n })",
    "round": "round(1.5, -2147483648), round(1.5, 2147483647), round-half-to-even(12345.6789, 1000000000)",
    "words": "format-integer(fold-left(1 to 12, 9, function($n, $i) { $n * $n }), 'w'), format-integer(987654321, 'I')",
    "dates": "xs:date('999999999999999999-01-01') + xs:dayTimeDuration('P99999999999999999D')",
}

_ERRORS = {
    "trace": "count((1 to 100000000) ! trace(., 'x'))",
    "long": "error(QName('urn:x', 'x:y'), string-join((1 to 10000000) ! 'message '))",
    "text": "error((), 'no memory&#10;query worker: MemoryError&#10;Traceback')",
    "caught": "try { sum(1 to 1000000000000) + count(1 to 1000000000 ! string(.)) } catch * { $err:description }",
    "again": "declare function local:f($n) { try { error((), string($n)) } catch * { local:f($n + 1) } }; local:f(0)",
}

_DOCUMENTS = {
    "laughs": 'parse-xml(\'<!DOCTYPE a [<!ENTITY a "xxxxxxxxxx">'
    + "".join(
        f'<!ENTITY {two} "{f"&amp;{one};" * 10}">'
        for one, two in zip("abcdefghi", "bcdefghij", strict=True)
    )
    + "]><a>&amp;j;</a>')",
    "deep": "parse-xml(string-join(((1 to 1000000) ! '<a>', (1 to 1000000) ! '</a>')))",
    "huge": "count(parse-xml('<a>' || string-join((1 to 100000000) ! '<b/>') || '</a>')//*)",
    "module": "load-xquery-module('urn:example:none', map { 'location-hints': 'urn:none' })",
    "transform": "transform(map { 'stylesheet-text': '<x:stylesheet version=\"3.0\""
    ' xmlns:x="http://www.w3.org/1999/XSL/Transform"><x:template name="a"><x:call-template name="a"/><b/>'
    "</x:template></x:stylesheet>', 'initial-template': QName('', 'a') })",
    "transformLoop": "transform(map { 'stylesheet-text': '<x:stylesheet version=\"3.0\""
    ' xmlns:x="http://www.w3.org/1999/XSL/Transform"><x:template name="a"><x:iterate select="1 to 1000000000000">'
    "<x:next-iteration/></x:iterate></x:template></x:stylesheet>', 'initial-template': QName('', 'a') })",
}

_PROLOGS = {
    "version": "xquery version '9.9'; 1",
    "module": "module namespace m = 'urn:m'; declare function m:f() { 1 };",
    "import": "import module namespace m = 'urn:m' at 'urn:nowhere'; m:f()",
    "schema": "import schema 'urn:s' at 'urn:nowhere'; 1",
    "external": "declare function local:f($x) external; local:f(1)",
    "variable": "declare variable $x external; $x",
}

_WRONG = {
    "closed": ")",
    "open": "(" * LONGEST,
    "comment": "(:" * 2000,
    "deep": "(" * 1300 + "1" + ")" * 1300,
    "elements": "<a>" * 580 + "</a>" * 580,
    "conditions": filled("if (1) then ", after="1"),
    "long": filled(", ?*", "count((?*", "))"),
}


def _all() -> Iterator[Hostile]:
    families: Mapping[str, Mapping[str, str]] = {
        "recursion": _RECURSIVE,
        "ranges": _RANGES,
        "strings": _STRINGS,
        "regex": _REGEX,
        "bombs": _BOMBS,
        "sorts": _SORTS,
        "numbers": _NUMBERS,
        "errors": _ERRORS,
        "documents": _DOCUMENTS,
        "prologs": _PROLOGS,
        "wrong": _WRONG,
    }
    for family, those in families.items():
        for name, text in those.items():
            yield Hostile(f"{family}-{name}", Language.XQUERY, text)


XQUERIES: Sequence[Hostile] = tuple(_all())
