"""Grid Service Handles."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError
from gma_twisted.model import Handle
from gma_twisted.model.handle import MAX_HANDLE


class HandleTests(SynchronousTestCase):
    """Handles are absolute URLs and nothing cleverer."""

    def test_parse(self) -> None:
        """Any scheme with an authority makes a handle, kept as published."""
        for url in (
            "http://127.0.0.1:8480/services/index",
            "https://Host.Example/a?b=c",
            "http://[::1]:8480/x",
            "x-netlog://h:14830",
        ):
            self.assertEqual(Handle.parse(f" {url}\n").url, url)

    def test_refused(self) -> None:
        """Relative, hostless, disguised and unsafe URLs are refused."""
        for text in (
            "",
            "index",
            "/services/index",
            "//h/x",
            "http:///x",
            "http://:80/x",
            "mailto:a@b",
            "http://user@h/x",
            "http://u:p@h/",
            "http://h/x#part",
            "http://h:99999/",
            "http://h:x/",
            "http://[::1/x",
            "http://h/a b",
            "http://h/\r\nHost:x",
            "http://h\\@evil/",
            "http://h/<x>",
            'http://h/"',
        ):
            self.assertRaises(ParameterError, Handle.parse, text)

    def test_bound(self) -> None:
        """A handle has at most its stated length."""
        start = "http://h/"
        Handle.parse(start + "a" * (MAX_HANDLE - len(start)))
        error = self.assertRaises(
            ParameterError, Handle.parse, start + "a" * (MAX_HANDLE - len(start) + 1)
        )
        self.assertIn(str(MAX_HANDLE), str(error))
        self.assertLess(len(str(error)), 200)

    def test_path(self) -> None:
        """The path is what a node looks services up by."""
        self.assertEqual(Handle("http://h:1/services/index?x=y").path, "/services/index")
        self.assertEqual(Handle("http://h").path, "/")

    def test_child(self) -> None:
        """Services below a service have its handle in front."""
        self.assertEqual(
            Handle("http://h/services/index/").child("entries", "7").url,
            "http://h/services/index/entries/7",
        )

    @given(st.text(max_size=60))
    def test_anyText(self, text: str) -> None:
        """Whatever text comes, the outcome is a handle without blanks or an error of ours."""
        try:
            handle = Handle.parse("http://h/" + text)
        except ParameterError:
            return
        self.assertEqual(handle.url, ("http://h/" + text).strip())
        self.assertFalse(set(handle.url) & set(' \t\r\n"<>'))
