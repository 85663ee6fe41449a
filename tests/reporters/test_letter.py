"""The covering letter: a safe subset of Markdown, in every format that has room for it."""

from html.parser import HTMLParser

import pytest

from assess.reporters.letter import to_html, to_lines, to_markdown

LETTER = """\
# Dear Ms Meyer

we looked at *your* tenant on **two** days; see [the plan](https://contoso.com/plan).

1. Give the consent.
2. Renew `cmg.pfx`:
   - soon
   - by mail to [us](mailto:help@northwind.test)

> Quoted.

    code <b>

---
Yours
"""
HOSTILE = """\
<script>alert(1)</script> <b onclick="x()">b</b>

<img src="http://evil.test/x.png">

![see](http://evil.test/pixel.png) [x](javascript:alert(1)) [y](data:text/html,x) [z](file:///etc/passwd)
[q](//evil.test) <javascript:alert(2)> [w](https://a.test/"onmouseover="x) [e]: http://evil.test "x"

| a | b |
|---|---|

```js"><script>
</script><script>alert(3)</script>
```
&lt;script&gt;
"""


class Elements(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.seen = []
        self.text = ""
        self.feed(str(text))

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def test_it_reads_as_it_was_written():
    page = Elements(to_html(LETTER))
    assert [tag for tag, _ in page.seen] == [
        "h3", "p", "em", "strong", "a", "ol", "li", "li", "code", "ul", "li", "li", "a",
        "blockquote", "p", "pre", "code", "hr", "p",
    ]  # fmt: skip
    assert [a["href"] for t, a in page.seen if t == "a"] == [
        "https://contoso.com/plan",
        "mailto:help@northwind.test",
    ]
    assert "code <b>" in page.text


def test_nothing_comes_alive():
    page = Elements(to_html(HOSTILE))
    assert {tag for tag, _ in page.seen} <= {"p", "a", "pre", "code", "br", "em", "h3"}
    for tag, attributes in page.seen:
        assert set(attributes) <= ({"href", "rel"} if tag == "a" else set())
        assert attributes.get("href", "https:").startswith(("https:", "http:", "mailto:"))
    assert "<script>alert(1)</script>" in page.text


def test_lines_for_cells():
    assert to_lines(LETTER) == [
        "Dear Ms Meyer",
        "we looked at your tenant on two days; see the plan (https://contoso.com/plan).",
        "1. Give the consent.",
        "2. Renew cmg.pfx:",
        "  - soon",
        "  - by mail to us (mailto:help@northwind.test)",
        "> Quoted.",
        "code <b>",
        "—",
        "Yours",
    ]


def test_markdown_of_it_is_safe_and_says_the_same():
    again = "\n".join(to_markdown(LETTER))
    assert "### Dear Ms Meyer" in again
    assert to_lines(again) == to_lines(LETTER)
    hostile = Elements(to_html("\n".join(to_markdown(HOSTILE))))
    assert "<script>alert(1)</script>" in hostile.text
    assert "\\<script\\>" in "\n".join(to_markdown(HOSTILE))


@pytest.mark.parametrize(
    "text", ["", "   \n\n", "-", "1.", "> " * 500, "- " * 5000, "[" * 20_000, "*a " * 6000]
)
def test_whatever_it_is_it_ends(text):
    assert isinstance(to_html(text), str)
    assert isinstance(to_lines(text), list)
    assert isinstance(to_markdown(text), list)
