"""Large messages: unpacked in pieces that are whole."""

from __future__ import annotations

import json

import pytest

from jupyter_conv.runtimes.channels import _contents

TEXTS = ["line\n", "\\n", "\\", "\t", '"', "é", "😀", "x\\😀\x1b", "\ud800"]


@pytest.mark.parametrize(
    ("text", "ascii_only"),
    [(text, True) for text in TEXTS] + [(text, False) for text in TEXTS if text != "\ud800"],
)
def test_streams_in_pieces(text, ascii_only):
    content = {"name": "stderr", "text": text * (600_000 // len(text)) + "end"}
    raw = json.dumps(content, ensure_ascii=ascii_only).encode()
    pieces = list(_contents(raw))
    assert {piece["name"] for piece in pieces} == {"stderr"}
    assert "".join(piece["text"] for piece in pieces) == content["text"]
    assert len(pieces) > 2


@pytest.mark.parametrize(
    "content",
    [{"data": {"text/plain": "x" * 500_000}}, {"text": "y" * 500_000, "name": "stdout", "more": 1}],
)
def test_any_other_content_is_whole(content):
    assert list(_contents(json.dumps(content).encode())) == [content]
