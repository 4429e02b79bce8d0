"""A hundred hostile expressions in XPath 1.0."""

from collections.abc import Iterator, Sequence

from gma_twisted.model import Language
from tests.integration.queries.expression import LONGEST, Hostile, filled

__all__ = ["XPATHS"]

_EXSLT = {
    "regexp": ("http://exslt.org/regular-expressions", "x:test(string(/), '(a+)+$')"),
    "replace": ("http://exslt.org/regular-expressions", "x:replace('aaaa', '(a*)*b', 'g', '')"),
    "functions": ("http://exslt.org/functions", "x:function('f')"),
    "dynamic": ("http://exslt.org/dynamic", "x:evaluate('//*')"),
    "strings": ("http://exslt.org/strings", "x:padding(2000000000, 'x')"),
    "common": ("http://exslt.org/common", "x:node-set(/)"),
    "math": ("http://exslt.org/math", "x:power(9, 999999999)"),
}

_WRONG = {
    "open": "count(//*",
    "closed": "count(//*))",
    "bracket": "//*[1",
    "quote": "'",
    "quotes": "\"'",
    "axis": "//nowhere::*",
    "operators": "1 + + * div",
    "steps": "/////*",
    "dots": "....",
    "dollar": "$",
    "prefix": "nobody:nothing",
    "letters": "\u00e4\u00f6\u00fc \u4e2d\u6587 \U0001f600",
    "markup": "</XPath><evil/>",
    "comment": "<!-- --> //*",
    "XQuery": "for $i in 1 to 10 return $i",
    "braces": "{//*}",
    "names": "ogsi::gma:*:*",
    "exponent": "1e999",
    "number": "1.2.3.4",
}

_UNKNOWN = {
    "document": "document('file:///etc/passwd')",
    "empty": "document('')",
    "key": "key('a', 'b')",
    "unparsed": "unparsed-entity-uri('a')",
    "property": "system-property('xsl:vendor')",
    "format": "format-number(1, '0')",
    "available": "function-available('document')",
    "arguments": filled("1,", "concat(", "1)"),
    "many": "true(1, 2, 3)",
}


def _nested(inner: str, around: str, depth: int) -> str:
    """@param around: with C{@@} where the rest goes"""
    found = inner
    for _ in range(depth):
        found = around.replace("@@", found)
    return found


def _slow() -> Iterator[tuple[str, str]]:
    for depth in (2, 3, 4, 6, 9, 14, 40, 200):
        yield f"predicates-{depth}", _nested("//*", "//*[count(@@) > 0]", depth)
    for depth in (3, 8, 60):
        yield f"counts-{depth}", _nested("1", "count(//*[//* = @@])", depth)
    for depth in (4, 12, 150):
        yield f"sums-{depth}", _nested("1", "sum(//*[sum(//*) > @@])", depth)
    for depth in (3, 6, 100):
        yield f"comparisons-{depth}", _nested("//*", "//*[//node() != @@]", depth)
    for count in (5, 20, 120):
        yield f"axes-{count}", "//*" + "/following::node()/preceding::node()" * (count // 2)
        yield f"family-{count}", "//*" + "/ancestor-or-self::*//node()" * count
    yield "axes-namespaces", "//namespace::*" + "/..//namespace::*" * 100
    for count in (50, 1000):
        yield f"unions-{count}", "|".join(["//*"] * count)
    yield "unions-kinds", "|".join(["//*", "//@*", "//text()", "//namespace::*"] * 80)


def _deep() -> Iterator[tuple[str, str]]:
    for depth in (100, 500, 2000):
        yield f"parentheses-{depth}", "(" * depth + "1" + ")" * depth
    for depth in (100, 500, 1300):
        yield f"brackets-{depth}", "*[" * depth + "1" + "]" * depth
    yield "minus-long", filled("-", after="1")
    yield "not-deep", _nested("1", "not(@@)", 800)
    yield "or-long", filled(" or //x = //y", "//x = //y")
    yield "plus-long", filled("+1", "1")
    yield "equals-long", filled("=//*", "//*")


def _large() -> Iterator[tuple[str, str]]:
    yield "strings-concat", filled("string(/),", "string-length(concat(", "''))")
    yield "strings-doubled", _nested("string(/)", "concat(@@,@@)", 7)
    yield "strings-doubledMore", _nested(".", "concat(@@,@@)", 8)
    yield "strings-translate", filled("ab", "translate(concat(string(/),string(/)),'", "','x')")
    yield "strings-each", "//node()[contains(concat(string(/),string(/)), concat(., .))]"
    yield "strings-normalized", _nested("string(/)", "normalize-space(concat(@@,'  ',@@))", 5)
    yield (
        "strings-lengths",
        "//*[string-length(string(//*)) * count(//*[string(/) = string(//*)]) > -1]",
    )
    yield "numbers-digits", "9" * LONGEST
    yield "numbers-product", filled("*9999999999", "9999999999")
    yield "numbers-nothing", "number('x') + 1 div 0 - -1 div 0 + 0 div 0 + 1 mod 0"
    yield "numbers-substring", "substring('12345', -1 div 0, 1 div 0)"
    yield "numbers-small", "0." + "0" * 4000 + "1"
    yield "numbers-position", "//*[99999999999999999999999999]"
    yield "numbers-text", "string(" + "9" * 308 + ")"
    yield "ids-many", filled("a ", "id('", "')")
    yield "ids-all", "id(//text() | //@*)//*[id(//@*)]"
    yield "lang-all", "//*[lang('en') or not(lang('en'))]//*[lang('')]"
    yield "all-nodes", "//node() | //@* | //namespace::*"
    yield "all-many", "//*/ancestor-or-self::*"
    yield "bound-literal", filled("x", "'", "'")
    yield "bound-over", filled("x", "'", "'", LONGEST + 1)
    yield "bound-name", "a" * LONGEST
    yield "bound-wide", filled("\u4e2d", "'", "'")
    yield "bound-blanks", " " * (LONGEST - 1) + "1"
    yield "variables-many", filled("+$gma:x", "$x")


def _all() -> Iterator[Hostile]:
    for name, text in (*_slow(), *_deep(), *_large()):
        yield Hostile(name, Language.XPATH, text)
    for family, those in (("wrong", _WRONG), ("unknown", _UNKNOWN)):
        for name, text in those.items():
            yield Hostile(f"{family}-{name}", Language.XPATH, text)
    for name, (uri, text) in _EXSLT.items():
        yield Hostile(f"EXSLT-{name}", Language.XPATH, text, (("x", uri),))
    many = tuple((f"p{number:02}", f"urn:example:{number}") for number in range(60))
    text = "|".join(f"//{prefix}:*" for prefix, _ in many)
    yield Hostile("namespaces-many", Language.XPATH, text, many)
    long = "urn:" + "x" * 1000
    yield Hostile("namespaces-long", Language.XPATH, "//p:*", (("p", long),))


XPATHS: Sequence[Hostile] = tuple(_all())
