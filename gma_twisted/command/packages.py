"""The files of a package with one provider, as C{gma provider new} writes them."""

from collections.abc import Mapping
from string import Template

__all__ = ["filesOf"]

_MODULE = """\
\"\"\"The provider $name.\"\"\"

import shutil

from zope.interface import implementer

from gma_twisted.interfaces import ISimpleDataProvider


@implementer(ISimpleDataProvider)
class $Class:
    \"\"\"Gives C{{urn:example:$name}$Root}.\"\"\"

    name = "$name"
    description = "size and free space of a file system, in bytes"

    def __init__(self, path: str = "/") -> None:
        \"\"\"@param path: where the file system is; each keyword here is a key of arguments in the configuration\"\"\"
        self.path = path

    async def provide(self) -> bytes:
        \"\"\"@return: one XML document. This runs on the reactor's thread: it must not block\"\"\"
        total, _, free = shutil.disk_usage(self.path)
        return b'<$Root xmlns="urn:example:$name" total="%d" free="%d"/>' % (total, free)
"""

_TESTS = """\
\"\"\"What the provider promises.\"\"\"

from twisted.trial.unittest import TestCase

from $name import $Class
from gma_twisted.markup import XMLGate, nameOf
from gma_twisted.model import QName
from gma_twisted.testing import ProviderContract


class ${Class}Tests(ProviderContract, TestCase):
    \"\"\"The contract of every provider, and what this one says.\"\"\"

    def makeProvider(self) -> $Class:
        \"\"\"As a configuration makes it.\"\"\"
        return $Class()

    async def test_document(self) -> None:
        \"\"\"The root element and its attributes.\"\"\"
        root = XMLGate().parse(await self.makeProvider().provide())
        self.assertEqual(nameOf(root), QName("urn:example:$name", "$Root"))
        self.assertGreater(int(root.get("total", "0")), 0)

    async def test_noPath(self) -> None:
        \"\"\"A failure is an exception that says where; the node tells it and keeps the last value.\"\"\"
        with self.assertRaises(FileNotFoundError):
            await $Class("/no/such/path").provide()
"""

_PROJECT = """\
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "$dashed"
version = "0.1.0"
description = "A provider of grid service data"
requires-python = ">=3.11"
dependencies = ["gma-twisted"]

[tool.hatch.build.targets.wheel]
packages = ["$name"]
"""

_CONFIGURATION = """\
[providers.$name]
class = "$name:$Class"
interval = "30s"
arguments = { path = "/" }
"""

_README = """\
# $name

A provider of grid service data, `{urn:example:$name}$Root`: an example to be changed. The class is in
`$name/__init__.py`.

Prove it, check the configuration, and run it once without a node:

```
python -m twisted.trial test_$name
gma config check vo.toml
gma provider run $name --once -c vo.toml
```

Run a node with it, and ask the node from another terminal:

```
twistd -n --pidfile= gma-index -c vo.toml
gma get 127.0.0.1:8480 '{urn:example:$name}$Root'
```

Modules are found beside `vo.toml`; `pip install .` installs the package for nodes that are configured elsewhere.
"""

_FILES = {
    "README.md": _README,
    "pyproject.toml": _PROJECT,
    "vo.toml": _CONFIGURATION,
    "$name/__init__.py": _MODULE,
    "test_$name.py": _TESTS,
}


def filesOf(name: str) -> Mapping[str, str]:
    """
    By path: the text of each file.

    @param name: of the package, and of the provider
    """
    root = "".join(word.capitalize() for word in name.split("_"))
    words = {"name": name, "dashed": name.strip("_").replace("_", "-"), "Root": root}
    words["Class"] = f"{root}Provider"
    return {
        Template(path).substitute(words): Template(text).substitute(words)
        for path, text in _FILES.items()
    }
