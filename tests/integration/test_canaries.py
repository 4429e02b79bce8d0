"""Fifty secrets, each brought to a node in a way of its own, that are never seen again."""

import base64
import http.client
import json
import secrets
from typing import Any
from urllib.parse import urlsplit

from tests.integration.commandcase import CommandCase
from tests.integration.twistd import Node

_OGSI = "http://www.gridforum.org/namespaces/2003/03/OGSI"
_REG = "urn:gma-twisted:2026:registration"
_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"

_VAULT = '''
"""A provider with secrets."""

from gma_twisted.interfaces import ISimpleDataProvider
from zope.interface import implementer


@implementer(ISimpleDataProvider)
class Vault:
    """It is refused wherever it asks."""

    name = "vault"
    description = "A provider with secrets."

    def __init__(self, password: str, token: str, secret: str, apiKey: str, url: str, dbPassword: str,
                 passphrase: str, credentials: str, authorization: str, tokens: list[str], number: int = 1) -> None:
        self.url = url
        self.token = token

    def provide(self) -> str:
        """Fail, and say more than is good."""
        raise RuntimeError(f"{self.url} answered 401 to Authorization: Bearer {self.token}")
'''

_SCRIPT = """#!/bin/sh
echo "cannot log in by http://admin:${3#--token=}@db.example.org/" >&2
exit 1
"""


def envelope(body: str, header: str = "") -> bytes:
    """A message."""
    head = f"<e:Header>{header}</e:Header>" if header else ""
    return (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/">'
        f"{head}<e:Body>{body}</e:Body></e:Envelope>"
    ).encode()


def security(name: str, content: str) -> str:
    """A header block of WS-Security."""
    return (
        f'<w:Security xmlns:w="{_WSSE}"><w:UsernameToken><w:Username>bob</w:Username>'
        f"<w:{name}>{content}</w:{name}></w:UsernameToken></w:Security>"
    )


class CanaryTests(CommandCase):
    """One node, and all that can be seen of it."""

    def setUp(self) -> None:
        """Nothing is known yet."""
        super().setUp()
        self.canaries: list[str] = []
        self.seen: list[tuple[str, str]] = []

    def canary(self) -> str:
        """A new secret."""
        one = f"Canary{len(self.canaries):02}{secrets.token_hex(6)}"
        self.canaries.append(one)
        return one

    def ask(
        self,
        url: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Ask, and keep what is answered."""
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        media = {"Content-Type": "text/xml; charset=utf-8"} if body is not None else {}
        try:
            method = "GET" if body is None else "POST"
            connection.request(method, path, body, {**media, **(headers or {})})
            answer = connection.getresponse()
            head = "".join(f"{name}: {value}\n" for name, value in answer.getheaders())
            text = answer.read().decode("utf-8", "replace")
            self.seen.append(
                (f"{method} {path.partition('?')[0]}", f"{answer.status} {head}{text}")
            )
        finally:
            connection.close()

    def configured(self) -> str:
        """A file that has secrets wherever one can be."""
        (self.home / "vault.py").write_text(_VAULT)
        script = self.home / "login"
        script.write_text(_SCRIPT)
        script.chmod(0o755)
        arguments = "\n".join(
            f'{name} = "{self.canary()}"'
            for name in (
                *(
                    "password",
                    "token",
                    "secret",
                    "apiKey",
                    "dbPassword",
                    "passphrase",
                    "credentials",
                ),
                "authorization",
            )
        )
        text = f"""
[providers.vault]
class = "vault:Vault"
interval = "1s"

[providers.vault.arguments]
{arguments}
url = "http://user:{self.canary()}@db.example.org/"
tokens = ["{self.canary()}", "{self.canary()}"]

[providers.login]
command = ["{script}", "--password", "{self.canary()}", "--token={self.canary()}"]
interval = "1s"

[register.vo]
at = "http://127.0.0.1:9/services/index"
attributes = {{ site = "here", api_key = "{self.canary()}" }}
"""
        (self.home / "vo.toml").write_text(text)
        return text

    def mistaken(self, text: str) -> None:
        """What is said of files that are wrong where secrets are."""
        for number, (before, after) in enumerate(
            (
                ("[providers.vault]", f'[providers.vault]\ntoken = "{self.canary()}"'),
                ('interval = "1s"', f'interval = "http://u:{self.canary()}@h/"'),
                (
                    "[register.vo]",
                    f'[register.other]\nat = "http://u:{self.canary()}@h/services/x"\n[register.vo]',
                ),
                ("tokens = [", f'number = "password={self.canary()}"\ntokens = ['),
                ("[register.vo]", f'[identity.eve]\ntokens = "{self.canary()}"\n[register.vo]'),
                (
                    "[register.vo]",
                    f'[node]\npublic_url = "http://u:{self.canary()}@h"\n[register.vo]',
                ),
            )
        ):
            name = f"wrong{number}.toml"
            assert before in text
            (self.home / name).write_text(text.replace(before, after, 1))
            done = self.gma("config", "check", name)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.seen.append((f"config check {name}", done.stdout + done.stderr))
        secret = self.canary()
        (self.home / "next.toml").write_text(text.replace('token = "', f'token = "{secret}', 1))
        done = self.gma("config", "diff", "vo.toml", "next.toml", "-o", "json")
        self.assertEqual(len(json.loads(done.stdout)), 1, done.stdout)
        self.seen.append(("config diff", done.stdout + done.stderr))

    def sent(self, url: str) -> None:
        """Requests with secrets wherever one can be."""
        index = "/services/index"
        find = envelope(
            f'<findServiceData xmlns="{_OGSI}"><queryExpression><queryByServiceDataNames>'
            "<name>none</name></queryByServiceDataNames></queryExpression></findServiceData>"
        )
        basic = base64.b64encode(f"bob:{self.canary()}".encode()).decode()
        self.canaries.append(basic)
        for headers in (
            {"Authorization": f"Bearer {self.canary()}"},
            {"Authorization": f"Basic {basic}"},
            {"Authorization": self.canary()},
            {"Cookie": f"session={self.canary()}"},
            {"X-Api-Key": self.canary()},
            {"Proxy-Authorization": f"Bearer {self.canary()}"},
            {"Authorization": f"Bearer {self.canary()}", "Content-Length": "5, 6"},
        ):
            self.ask(url, index, find, headers)
            self.ask(url, "/api/v1/status", headers=headers)
        for header in (
            security("Password", self.canary()),
            security("Nonce", self.canary()),
            security("BinarySecurityToken", self.canary()),
            f'<x xmlns="urn:x" e:mustUnderstand="1" token="{self.canary()}"/>',
        ):
            self.ask(url, index, envelope("<none/>", header))
            self.ask(
                url,
                index,
                find.replace(b"<e:Body>", f"<e:Header>{header}</e:Header><e:Body>".encode()),
            )
            self.ask(url, index, envelope("<none/>", header)[:-20])
        for handle in (
            f"http://u:{self.canary()}@h:1/services/x",
            f"http://{self.canary()}@h:1/services/x",
            f"http://u:{self.canary()}{'x' * 300}@h:1/services/x",
            f"ftp://u:{self.canary()}@h/",
        ):
            for operation in ("registerService", "unregisterService"):
                body = envelope(
                    f'<{operation} xmlns="{_REG}"><handle>{handle}</handle></{operation}>'
                )
                self.ask(url, index, body)
            sink = (
                f'<subscribe xmlns="{_OGSI}"><subscriptionExpression><subscribeByServiceDataNames>'
                "<name>entry</name></subscribeByServiceDataNames></subscriptionExpression>"
                f"<sink><handle>{handle}</handle></sink></subscribe>"
            )
            self.ask(url, index, envelope(sink))
        for query in (f"?token={self.canary()}", f"?wsdl&password={self.canary()}"):
            for path in ("/", index, "/services/none", "/none", "/api/v1/status", "/metrics"):
                self.ask(url, path + query)
                self.ask(url, path + query, find)
        px = "urn:gma-twisted:2026:px"
        for words in (
            f"password={self.canary()}",
            f"'token={self.canary()}",
            f"number=http://u:{self.canary()}@h/",
        ):
            request = (
                f'<executeProvider xmlns="{px}"><ServiceDataProviderExecution>'
                "<serviceDataProviderName>vault</serviceDataProviderName>"
                f"<serviceDataProviderArgs>{words}</serviceDataProviderArgs>"
                "</ServiceDataProviderExecution></executeProvider>"
            )
            self.ask(url, index, envelope(request))

    def test_canaries(self) -> None:
        """Fifty secrets, configured and sent, are in no log, answer, page, audit or shown configuration."""
        text = self.configured()
        environment = {"GMA_PASSWORD": self.canary(), "AWS_SECRET_ACCESS_KEY": self.canary()}
        listen = ("--listen", "tcp:0:interface=127.0.0.1", "--state-dir", str(self.home / "state"))
        node = Node(self.home, self.addCleanup, "-c", "vo.toml", *listen, environment=environment)
        url = node.url().strip()
        self.assertTrue(url, node.lines)
        self.sent(url)
        self.mistaken(text)
        while len(self.canaries) < 50:
            self.ask(
                url,
                f"/services/none?secret={self.canary()}",
                b"<x/>",
                {"Authorization": self.canary()},
            )
        node.waitFor("provider vault failed")
        node.waitFor("provider login failed")
        for path in (
            "/",
            "/api/v1/status",
            "/metrics",
            "/sd/prometheus",
            "/services/index?wsdl",
            "/-/ready",
        ):
            self.ask(url, path)
        for words in (
            ("show", "vo.toml"),
            ("show", "--effective", "vo.toml"),
            ("check", "vo.toml"),
        ):
            done = self.gma("config", *words)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.seen.append((f"config {words}", done.stdout + done.stderr))
        shown = self.gma("audit", "show", "state")
        self.seen.append(("audit show", shown.stdout + shown.stderr))
        self.assertEqual(node.signal(), 0)
        self.seen.append(("the log", "".join(node.lines)))
        self.seen.append(("the audit", (self.home / "state" / "audit.jsonl").read_text()))
        self.assertGreaterEqual(len(self.canaries), 50)
        self.assertEqual(self.found(), [])

    def found(self) -> list[Any]:
        """Which secret was seen, and where."""
        return [
            (where, one, text[max(0, text.find(one) - 120) : text.find(one) + 60])
            for where, text in self.seen
            for one in self.canaries
            if one in text
        ]
