"""What is left of a task where nothing is alive."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from jupyter_conv.display import (
    TASK_MIME,
    Terminal,
    Transcript,
    bundle,
    plain,
    transcript_markdown,
    transcript_text,
)
from jupyter_conv.models import (
    ClearOutput,
    DisplayData,
    ErrorOutput,
    Event,
    Failure,
    Message,
    NotebookOutput,
    Output,
    Shell,
    Source,
    Stream,
    Task,
    TaskStatus,
    TaskStatusUpdate,
    TextReply,
)

CONVERSATION = UUID("11111111-1111-1111-1111-111111111111")
TASK = UUID("22222222-2222-2222-2222-222222222222")
BEGUN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def a_task(**changed: object) -> Task:
    task = Task(
        id=TASK,
        conversation_id=CONVERSATION,
        runnable=Shell(command="make all"),
        status=TaskStatus.COMPLETED,
        created_at=BEGUN,
        started_at=BEGUN,
        finished_at=BEGUN + timedelta(seconds=12),
        updated_at=BEGUN,
    )
    return task.model_copy(update=changed)


def events(*details: BaseModel) -> list[Event]:
    return [
        Event(
            id=uuid4(),
            conversation_id=CONVERSATION,
            seq=number,
            created_at=BEGUN + timedelta(seconds=number),
            source=Source.RUNTIME,
            task_id=TASK,
            detail=detail.model_dump(),  # type: ignore[arg-type]
        )
        for number, detail in enumerate(details, 1)
    ]


def out(text: str, **more: object) -> Output:
    return Output(output=Stream(text=text), **more)  # type: ignore[arg-type]


def shown(output: NotebookOutput, **more: object) -> Output:
    return Output(output=output, **more)  # type: ignore[arg-type]


def body(*details: BaseModel) -> str:
    """The transcript's text below its first line."""
    return transcript_text(a_task(), events(*details)).partition("\n")[2]


@pytest.mark.parametrize(
    ("printed", "seen"),
    [
        ("plain", "plain"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        (" 10%\r 50%\r100%\n", "100%"),
        ("abcdef\rXY", "XYcdef"),
        ("abcdef\rXY\x1b[K", "XY"),
        ("one\ntwo\n\x1b[2A\x1b[2Knew\n\x1b[1Bend", "new\ntwo\nend"),
        ("a\r\nb\r\n", "a\nb"),
        ("ab\b\bX", "Xb"),
        ("tab\tkept", "tab\tkept"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\ after", "link after"),
        ("bell\x07 and \x00null", "bell and null"),
        ("\x1b[999999999999999C!", " " * 0 + " !"),
        ("half an escape \x1b[3", "half an escape"),
        ("\x1b[2Jscreen", "screen"),
        ("gone\x1b[1Gkept", "kept"),
        ("a b\n\n\nc", "a b\n\n\nc"),
    ],
)
def test_a_terminal_shows_what_a_person_would_see(printed: str, seen: str) -> None:
    assert plain(printed) == seen


@given(st.text(alphabet="ab\x1b[]0;K\r\n\b2AJm\x07\\", max_size=60), st.data())
def test_a_terminal_does_not_mind_where_the_pieces_are_cut(text: str, data: st.DataObject) -> None:
    whole, pieces = Terminal(), Terminal()
    whole.write(text)
    at = 0
    while at < len(text):
        step = data.draw(st.integers(1, 7))
        pieces.write(text[at : at + step])
        at += step
    assert pieces.text() == whole.text()


def test_a_terminal_is_bounded() -> None:
    terminal = Terminal(keep=1_000)
    for number in range(20_000):
        terminal.write(f"line {number}\n")
    head, tail = terminal.rows()
    assert head[0] == "line 0"
    assert tail[-1] == "line 19999"
    assert terminal.dropped_lines == 20_000 - len(head) - len(tail)
    assert len(terminal.text()) < 5_000
    assert f"{terminal.dropped_lines:,} lines left out" in terminal.text()
    endless = Terminal(keep=1_000)
    for _ in range(100):
        endless.write("x" * 10_000)
    assert len(endless.text()) <= 20_000


def test_golden_markdown() -> None:
    task = a_task(
        title="Penguins", status=TaskStatus.ERROR, code="exit_code", message="It ended with 2."
    )
    told = events(
        out("loading \x1b[32mok\x1b[0m\n"),
        shown(DisplayData(data={"image/png": "QUJD" * 1000, "text/plain": "<Figure 1>"})),
        TextReply(text="See **this**."),
        shown(ErrorOutput(ename="E", evalue="v", traceback=("\x1b[31mTraceback\x1b[0m", "E: v"))),
        Failure(code="late", message="Too late."),
    )
    assert transcript_markdown(task, told) == (
        "**Penguins** — ERROR (exit\\_code) · 12 s · It ended with 2.\n\n"
        "```text\nloading ok\n```\n\n"
        "*\\[image/png, 3 kB\\]*\n\n"
        "```text\n<Figure 1>\n```\n\n"
        "See **this**.\n\n"
        "```text\nTraceback\nE: v\n```\n\n"
        "```text\nlate: Too late.\n```"
    )


def test_golden_text() -> None:
    told = events(out("a\n"), Message(content="hello"), out("b", cell=2))
    assert transcript_text(a_task(), told) == (
        "make all — COMPLETED · 12 s\na\nuser:\nhello\nCell 3\nb"
    )


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"status": "RUNNING", "progress": 0.42, "finished_at": None}, "make all — RUNNING · 42 %"),
        (
            {"status": "PENDING", "code": "queued", "started_at": None, "finished_at": None},
            "make all — PENDING (queued)",
        ),
        ({"finished_at": BEGUN + timedelta(seconds=0.44)}, "make all — COMPLETED · 0.4 s"),
        ({"finished_at": BEGUN + timedelta(seconds=200)}, "make all — COMPLETED · 3 min 20 s"),
        ({"finished_at": BEGUN + timedelta(hours=2)}, "make all — COMPLETED · 2 h 0 min"),
        ({"title": "two\nlines"}, "two … — COMPLETED · 12 s"),
    ],
)
def test_the_first_line_says_how_it_stands(changed: dict[str, object], line: str) -> None:
    task = Task.model_validate(a_task().model_dump() | changed)
    assert transcript_text(task, []) == line


def test_a_title_is_not_markup() -> None:
    first = transcript_markdown(a_task(title="<img src=x> *a* `b` [c](d) | $e$"), [])
    assert first == "**\\<img src=x\\> \\*a\\* \\`b\\` \\[c\\](d) \\| \\$e\\$** — COMPLETED · 12 s"


@given(st.text(alphabet="`~ab\n <", max_size=80))
def test_output_cannot_break_out_of_its_fence(text: str) -> None:
    markdown = transcript_markdown(a_task(), events(out(text + "x")))
    lines = markdown.split("\n")[2:]
    mark = lines[0].removesuffix("text")
    assert set(mark) == {"`"}
    assert lines[-1] == mark
    assert not any(line.strip().startswith(mark) for line in lines[1:-1])


@pytest.mark.parametrize(
    "reply", ["```\nopen", "<details>", "~~~~\n~~~", "<!-- swallowed", "text <script>x</script>"]
)
def test_a_reply_that_would_swallow_the_rest_is_fenced(reply: str) -> None:
    markdown = transcript_markdown(a_task(), events(TextReply(text=reply)))
    assert markdown.split("\n\n", 1)[1].startswith(("```text\n", "````text\n"))


def test_a_reply_is_markdown() -> None:
    reply = "# Title\n\n```python\n1 < 2\n```\n\nsee <https://jupyter.org>"
    assert transcript_markdown(a_task(), events(TextReply(text=reply))).endswith(reply)


def test_long_output_is_cut_in_the_middle() -> None:
    lines = [f"row {number:06}\n" for number in range(5_000)]
    for cut_up in (["".join(lines)], lines):
        markdown = transcript_markdown(a_task(), events(*map(out, cut_up)))
        assert 9_000 < len(markdown) < 11_000
        assert "row 000000" in markdown
        assert "row 004999" in markdown
        assert "left out" in markdown
        assert markdown.count("```") == 2


def test_many_blocks_are_bounded() -> None:
    told = []
    for number in range(1_000):
        data = {"text/plain": f"block {number}"}
        told.append(shown(DisplayData(data=data)))
    transcript = Transcript(a_task())
    for event in events(*told):
        transcript.add(event)
    text = transcript.text()
    assert "block 0" in text
    assert "block 999" in text
    assert "880 outputs left out" in text


def test_a_display_is_updated_in_its_place() -> None:
    first = DisplayData(data={"text/plain": "old"})
    later = DisplayData(data={"text/plain": "new"})
    assert body(
        shown(first, display_id="d"), out("after"), shown(later, display_id="d", update=True)
    ) == ("new\nafter")


def test_output_is_cleared() -> None:
    assert body(out("old"), ClearOutput(), out("new")) == "new"
    assert body(out("old"), ClearOutput(wait=True)) == "old"
    assert body(out("old"), ClearOutput(wait=True), out("new")) == "new"
    assert body(out("one", cell=0), out("two", cell=1), ClearOutput(cell=1)) == "Cell 1\none"


def test_status_events_keep_the_task_up_to_date() -> None:
    task = a_task(status=TaskStatus.PENDING, started_at=None, finished_at=None)
    transcript = Transcript(task)
    running, half, done = events(
        TaskStatusUpdate(task_id=TASK, status=TaskStatus.RUNNING),
        TaskStatusUpdate(task_id=TASK, status=TaskStatus.RUNNING, progress=0.5),
        TaskStatusUpdate(
            task_id=TASK, status=TaskStatus.ERROR, code="timeout", message="Too long."
        ),
    )
    transcript.add(running)
    transcript.add(half)
    assert transcript.text() == "make all — RUNNING · 50 %"
    transcript.add(done)
    assert transcript.text() == "make all — ERROR (timeout) · 2.0 s · Too long."


def test_the_bundle() -> None:
    live = bundle(a_task(), events(out("x")), live=True)
    assert set(live) == {TASK_MIME, "text/markdown", "text/plain"}
    assert live[TASK_MIME] == {
        "version": 1,
        "conversation_id": str(CONVERSATION),
        "task_id": str(TASK),
        "title": "make all",
    }
    assert TASK_MIME not in bundle(a_task(), [], live=False)


def any_details() -> st.SearchStrategy[Iterable[BaseModel]]:
    text = st.text(max_size=200)
    one = st.one_of(
        st.builds(out, text),
        st.builds(TextReply, text=text),
        st.builds(lambda t: shown(DisplayData(data={"text/html": t})), text),
        st.builds(lambda t: shown(ErrorOutput(ename=t, evalue=t)), text),
        st.builds(Failure, code=text, message=text),
        st.just(ClearOutput(wait=True)),
    )
    return st.lists(one, max_size=20)


@settings(max_examples=50)
@given(any_details())
def test_whatever_comes_is_shown_somehow(details: Iterable[BaseModel]) -> None:
    told = events(*details)
    assert len(transcript_markdown(a_task(), told)) < 25_000
    assert transcript_text(a_task(), told).startswith("make all")
