"""Gathering: order, few rows, no line lost, a limit that is told."""

from __future__ import annotations

import asyncio

import pytest

from jupyter_conv.models import DisplayData, ErrorOutput, Failure, Output, Stream
from jupyter_conv.runtimes.output import OutputGatherer
from jupyter_conv.runtimes.progress import read_progress
from jupyter_conv.runtimes.splitting import split_text


class Log:
    def __init__(self, **options):
        options.setdefault("max_bytes", 2**26)
        self.details = []
        self.fractions = []
        self.news = asyncio.Event()
        self.gatherer = OutputGatherer(self.emit, self.progress, **options)

    async def emit(self, detail):
        self.details.append(detail)
        self.news.set()

    async def progress(self, fraction, message):
        self.fractions.append(fraction)

    def shown(self):
        return [
            (d.output.name, d.output.text) if isinstance(d.output, Stream) else d.output.output_type
            for d in self.details
            if isinstance(d, Output)
        ]


def out(text, name="stdout"):
    return Stream(name=name, text=text)


@pytest.mark.asyncio
async def test_the_first_piece_goes_out_at_once_and_the_next_are_gathered():
    log = Log(interval=60)
    await log.gatherer.put(out("a"))
    assert log.shown() == [("stdout", "a")]
    await log.gatherer.put(out("b"))
    await log.gatherer.put(out("c"))
    assert log.shown() == [("stdout", "a")]
    await log.gatherer.close()
    assert log.shown() == [("stdout", "a"), ("stdout", "bc")]


@pytest.mark.asyncio
async def test_gathered_text_goes_out_by_itself_when_it_is_due():
    log = Log(interval=0.01)
    await log.gatherer.put(out("a"))
    await log.gatherer.put(out("b"))
    log.news.clear()
    await asyncio.wait_for(log.news.wait(), 5)
    assert log.shown()[-1] == ("stdout", "b")
    await log.gatherer.close()


@pytest.mark.asyncio
async def test_order_holds_between_streams_cells_and_other_outputs():
    log = Log(interval=60)
    picture = DisplayData(data={"text/plain": "p"})
    for output in (out("1"), out("2", "stderr"), out("3"), picture, out("4"), out("5")):
        await log.gatherer.put(output)
    await log.gatherer.put(out("6"), cell=1)
    await log.gatherer.close()
    assert log.shown() == [
        ("stdout", "1"),
        ("stderr", "2"),
        ("stdout", "3"),
        "display_data",
        ("stdout", "45"),
        ("stdout", "6"),
    ]
    assert log.details[-1].cell == 1


@pytest.mark.asyncio
async def test_a_million_lines_are_few_rows_and_none_is_lost():
    log = Log(chunk=65536)
    lines = [f"line {i}\n" for i in range(1_000_000)]
    for at in range(0, len(lines), 100):
        await log.gatherer.put(out("".join(lines[at : at + 100])))
    await log.gatherer.close()
    texts = [text for _, text in log.shown()]
    assert "".join(texts) == "".join(lines)
    assert len(texts) < 1000
    assert max(map(len, texts)) <= 65536
    assert all(text.endswith("\n") for text in texts)


@pytest.mark.asyncio
async def test_streams_that_alternate_without_end_are_few_rows_too():
    log = Log(interval=60)
    for i in range(10_000):
        await log.gatherer.put(out(f"{i}\n", "stdout" if i % 2 else "stderr"))
    await log.gatherer.close()
    assert len(log.details) < 100
    for name, odd in (("stdout", 1), ("stderr", 0)):
        text = "".join(t for n, t in log.shown() if n == name)
        assert text == "".join(f"{i}\n" for i in range(10_000) if i % 2 == odd)


@pytest.mark.asyncio
async def test_beyond_the_limit_it_says_so_once_and_how_much_in_the_end():
    log = Log(max_bytes=100)
    for _ in range(30):
        await log.gatherer.put(out("0123456789"))
    await log.gatherer.put(DisplayData(data={"text/plain": "x" * 50}))
    await log.gatherer.put(ErrorOutput(ename="E", evalue="small errors are kept"))
    await log.gatherer.close()
    failures = [d for d in log.details if isinstance(d, Failure)]
    assert [f.code for f in failures] == ["output_limit"]
    assert "".join(t for n, t in log.shown()[:-2] if n == "stdout") == "0123456789" * 10
    assert log.shown()[-2] == "error"
    assert log.shown()[-1] == ("stderr", "[250 bytes of output were left out]\n")


@pytest.mark.asyncio
async def test_the_limit_cuts_no_character():
    log = Log(max_bytes=5)
    await log.gatherer.put(out("ééé"))
    await log.gatherer.close()
    assert log.shown()[0] == ("stdout", "éé")


@pytest.mark.asyncio
async def test_what_emit_raises_comes_out_and_closing_ends_the_timer():
    failed = OSError("full")

    async def emit(detail):
        raise failed

    async def progress(fraction, message):
        pass

    gatherer = OutputGatherer(emit, progress, max_bytes=100)
    with pytest.raises(OSError, match="full"):
        await gatherer.put(out("a"))
    before = asyncio.all_tasks()
    log = Log(interval=60)
    await log.gatherer.put(out("a"))
    await log.gatherer.put(out("b"))
    assert len(asyncio.all_tasks()) > len(before)
    await log.gatherer.close()
    assert asyncio.all_tasks() == before


@pytest.mark.asyncio
async def test_who_is_cancelled_while_the_log_is_behind_loses_nothing():
    taken = []
    gate = asyncio.Event()
    waiting = asyncio.Event()

    async def emit(detail):
        taken.append(detail.output.text)
        waiting.set()
        await gate.wait()

    async def progress(fraction, message):
        pass

    gatherer = OutputGatherer(emit, progress, max_bytes=10_000, chunk=4)
    putting = asyncio.create_task(gatherer.put(out("abc\ndef\nghi\n")))
    await asyncio.wait_for(waiting.wait(), 5)
    putting.cancel()
    await asyncio.wait({putting})
    gate.set()
    await gatherer.put(out("jkl\n"))
    await gatherer.close()
    assert "".join(taken) == "abc\ndef\nghi\njkl\n"


@pytest.mark.asyncio
async def test_an_error_of_the_timer_comes_out_of_the_next_call():
    calls = 0
    tried = asyncio.Event()

    async def emit(detail):
        nonlocal calls
        calls += 1
        if calls == 2:
            tried.set()
            raise OSError("full")

    async def progress(fraction, message):
        pass

    gatherer = OutputGatherer(emit, progress, max_bytes=100, interval=0.01)
    await gatherer.put(out("a"))
    await gatherer.put(out("b"))
    await asyncio.wait_for(tried.wait(), 5)
    await asyncio.sleep(0)
    with pytest.raises(OSError, match="full"):
        await gatherer.put(out("c"))


@pytest.mark.asyncio
async def test_bars_in_the_text_are_progress_but_not_in_a_cell():
    log = Log()
    await log.gatherer.put(out("\r 45%|████      | 45/100", "stderr"))
    await log.gatherer.put(out("\r 90%|█████████ | 90/100", "stderr"), cell=0)
    await log.gatherer.close()
    assert log.fractions == [0.45]


def test_text_is_cut_at_line_ends_never_within_an_escape():
    text = "abc\n" * 10
    assert list(split_text(text, 9)) == ["abc\nabc\n"] * 5
    assert list(split_text("0%\r50%\r99%\r100%", 7)) == ["0%\r", "50%\r", "99%\r", "100%"]
    assert list(split_text("12345\x1b[31mred", 8)) == ["12345", "\x1b[31mred"]
    assert list(split_text("1234567\r\nx", 8)) == ["1234567", "\r\nx"]
    assert list(split_text("x" * 20, 8)) == ["x" * 8, "x" * 8, "x" * 4]
    assert list(split_text("", 8)) == []
    assert "".join(split_text("\x1b[" + "1" * 500, 8)) == "\x1b[" + "1" * 500


@pytest.mark.parametrize(
    ("text", "fraction"),
    [
        (" 45%|███▌    | 45/100 [00:01<00:01, 45.00it/s]", 0.45),
        ("  0%|   | 0/9\r 33%|██ | 3/9", 0.33),
        ("Working \x1b[38;5;237m━━━━━━━\x1b[0m \x1b[35m 45%\x1b[0m \x1b[36m0:00:01\x1b[0m", 0.45),
        ("########                  45.2%", 0.452),
        ("[####----]  50%", 0.5),
        ("file  45%[====>     ]  1.2M", 0.45),
        ("Receiving objects:  45% (123/456)", 0.45),
        ("45% of users like it", None),
        ("growth: 45%", None),
        ("no bar", None),
        (" 450%|████|", None),
    ],
)
def test_progress_is_read_from_drawn_bars_only(text, fraction):
    assert read_progress(text) == fraction
