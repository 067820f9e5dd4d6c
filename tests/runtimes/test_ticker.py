"""The ticker and the wait."""

from __future__ import annotations

import pytest

from jupyter_conv.models import Ticker, Wait
from jupyter_conv.runtimes.ticker import TickerRuntime
from jupyter_conv.runtimes.wait import WaitRuntime

from .kit import TextReply, cancel, run, running

pytestmark = pytest.mark.asyncio


async def test_it_ticks_and_says_how_far_it_is(make_context):
    context = make_context()
    ticker = Ticker(message="tock", interval=0.01, iterations=4)
    assert await run(TickerRuntime(), ticker, context) == {"ticks": 4}
    assert context.details == [TextReply(text="tock")] * 4
    assert context.fractions == [0.25, 0.5, 0.75, 1.0]


async def test_no_ticks_at_all(make_context):
    assert await run(TickerRuntime(), Ticker(iterations=0), make_context()) == {"ticks": 0}


async def test_it_is_cancelled_between_ticks(make_context):
    context = make_context()
    async with running(TickerRuntime(), Ticker(interval=0.01), context) as task:
        await context.until(lambda: context.details)
        assert await cancel(task) < 0.5
    assert len(context.details) < 100


async def test_who_may_be_cancelled():
    assert TickerRuntime().cancellable(Ticker())
    assert not TickerRuntime().cancellable(Ticker(cancellable=False))
    assert not WaitRuntime().cancellable(Wait())


async def test_a_wait_ends_by_itself(make_context):
    assert await run(WaitRuntime(), Wait(timeout=0.01), make_context()) is None
