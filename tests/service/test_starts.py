"""Starts, in process: real repositories, real scripts."""

from __future__ import annotations

import pytest

from jupyter_conv.models import AppConversationStartRequest, StartTaskStatus
from jupyter_conv.service import Participant

pytestmark = pytest.mark.asyncio


async def test_every_step_is_told(ada: Participant) -> None:
    told = [
        now.status
        async for now in ada.stream_app_conversation_start(
            AppConversationStartRequest(title="T", initial_message="hello")
        )
    ]
    assert told == [status for status in StartTaskStatus if status is not StartTaskStatus.ERROR]
