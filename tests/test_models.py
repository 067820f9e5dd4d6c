"""The words: wire files that are read and written back the same, closed unions, ids, and what JSON cannot hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from jupyter_conv import models as m
from jupyter_conv.models import detail, runnable
from jupyter_conv.models.base import dump_json

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.jsonl"))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden_files_are_read_and_written_back_the_same(path: Path) -> None:
    first, *rest = path.read_bytes().splitlines()
    task = m.Task.model_validate_json(first)
    assert task.model_dump_json().encode() == first
    events = [m.Event.model_validate_json(line) for line in rest]
    assert [event.model_dump_json().encode() for event in events] == rest
    assert {event.task_id for event in events} == {task.id}
    assert not any(isinstance(event.detail, m.UnknownDetail) for event in events)
    numbers = [event.seq for event in events if event.seq is not None]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    last = events[-1].detail
    assert isinstance(last, m.TaskStatusUpdate)
    assert (last.status, last.code, last.message) == (task.status, task.code, task.message)


def test_what_is_known_is_what_the_unions_hold() -> None:
    for union, known in ((m.Detail, detail._KNOWN), (m.Runnable, runnable._KNOWN)):
        members = get_args(get_args(union)[0])
        assert {member.model_fields["type"].default for member in members} == known


@pytest.mark.parametrize("kind", sorted(detail._KNOWN - {"Message", "Note", "ApprovalResponse"}))
def test_nobody_can_say_what_is_not_theirs(kind: str) -> None:
    with pytest.raises(ValidationError) as refused:
        m.EventRequest.model_validate({"detail": {"type": kind}})
    assert refused.value.errors()[0]["type"] == "union_tag_invalid"


def test_a_detail_of_a_later_version_is_read_as_it_came() -> None:
    event = {
        "id": str(uuid4()),
        "conversation_id": str(uuid4()),
        "seq": 1,
        "created_at": "2026-01-01T00:00:00Z",
        "source": "agent",
        "task_id": None,
        "detail": {"type": "Hologram", "depth": [1, {"of": "field"}]},
        "later": "field",
    }
    found = m.Event.model_validate_json(json.dumps(event))
    assert isinstance(found.detail, m.UnknownDetail)
    assert json.loads(found.model_dump_json())["detail"] == event["detail"]


def test_a_known_detail_that_is_wrong_is_not_taken_for_an_unknown_one() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(m.AnyDetail).validate_python({"type": "TextReply", "text": 5})


@given(st.uuids(), st.integers(1, 2**48 - 1))
def test_an_events_id_says_its_number_in_its_own_conversation_alone(id: UUID, seq: int) -> None:
    made = m.event_id(id, seq)
    assert made.version == 8
    assert m.event_seq(id, made) == seq
    assert m.event_seq(uuid4(), made) is None


def test_an_envelope_is_the_event_as_the_model_writes_it() -> None:
    id, task = uuid4(), uuid4()
    said = m.dump_detail(m.TextReply(text="Grüße ☃"))
    for seq in (1, 0x1234567):
        body = m.Envelope(id).encode(seq, "2026-11-21T03:04:02.044033Z", "runtime", str(task), said)
        event = m.Event.model_validate_json(body)
        assert event.id == m.event_id(id, seq)
        assert event.model_dump_json().encode() == body
    body = m.Envelope(id).encode_transient("2026-11-21T03:04:02.044033Z", "runtime", None, said)
    assert m.Event.model_validate_json(body).model_dump_json().encode() == body


@given(
    st.recursive(
        st.text(st.characters()) | st.floats(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_whatever_it_is_becomes_json(value: object) -> None:
    json.loads(dump_json(value), parse_constant=pytest.fail)


def test_half_a_letter_is_mended() -> None:
    said = m.Note.model_construct(data={"\ud800": ["a\udfffb", float("inf")]})
    assert json.loads(m.dump_detail(said))["data"] == {"?": ["a?b", None]}
