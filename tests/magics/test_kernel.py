"""The magics in a kernel of a real server, as a front end sees them."""

from __future__ import annotations

import time
from typing import Any

import pytest

from jupyter_conv.display import TASK_MIME
from jupyter_conv.widgets import available

from .notebook import OpenNotebook, Ran

WIDGET_MIME = "application/vnd.jupyter.widget-view+json"


def says(*texts: str) -> Any:
    """Whether the cell's display holds all of these."""
    return lambda ran: all(text in ran.shown["text/plain"] for text in texts)


def test_loading_is_light(notebook: OpenNotebook) -> None:
    heavy = ["tornado.web", "jupyter_server", "sqlalchemy", "alembic", "nbclient"]
    assert notebook.value(f"[m for m in {heavy} if m in __import__('sys').modules]") == []


def test_the_kernel_is_free_at_once_and_the_output_lands_under_its_cell(
    notebook: OpenNotebook,
) -> None:
    began = time.monotonic()
    ran = notebook.run(
        "%%task shell -o t --title Counting\nfor i in 1 2 3; do echo n$i; sleep 1; done"
    )
    other = notebook.run("print('free')")
    assert time.monotonic() - began < 3
    assert other.text == "free\n"
    assert not other.displays
    seen = notebook.listen(ran, says("COMPLETED", "n1\nn2\nn3"))
    updates = [m for m in seen if m["msg_type"] == "update_display_data"]
    assert {m["parent_header"]["msg_id"] for m in updates} == {ran.msg_id}
    assert len(updates) <= 6, "at most one a second"
    assert ran.shown["text/markdown"].startswith("**Counting** — COMPLETED · ")
    assert ran.shown[TASK_MIME]["title"] == "Counting"
    assert notebook.value("[t.status, t.result, str(t.task.id)]") == [
        "COMPLETED",
        {"exit_code": 0},
        ran.shown[TASK_MIME]["task_id"],
    ]


def test_the_handle(notebook: OpenNotebook) -> None:
    notebook.run("%%task shell -o good\necho out; echo err >&2")
    assert notebook.run("print(await good)").text == "{'exit_code': 0}\n"
    assert notebook.value("sorted(good.text.split())") == ["err", "out"]
    assert notebook.value("good.events[-1].detail.status") == "COMPLETED"
    assert notebook.value("_task is good")
    assert "'echo out; echo err >&2' COMPLETED" in notebook.run("good").shown["text/plain"]
    notebook.run("%%task shell -o bad\nexit 3")
    failed = notebook.run("await bad")
    assert failed.errors[0]["ename"] == "TaskFailed"
    assert "exit_code" in failed.errors[0]["evalue"]
    notebook.run("%%task ticker -o slow\nhello")
    late = notebook.run("slow.wait(0.2)")
    assert late.errors[0]["ename"] == "TimeoutError"
    notebook.run("slow.cancel()")
    assert notebook.run("await slow").errors[0]["ename"] == "TaskFailed"
    assert notebook.value("slow.status") == "CANCELLED"


def test_waiting_and_checking(notebook: OpenNotebook) -> None:
    waited = notebook.run("%%task shell --wait\nsleep 0.3; echo done; exit 2")
    assert waited.status == "ok", "with somebody at the screen, waiting alone fails nothing"
    assert "ERROR (exit_code)" in waited.shown["text/plain"], "the display is in its last state"
    checked = notebook.run("%%task shell --check\nexit 2")
    assert checked.status == "error"
    assert checked.errors[0]["ename"] == "TaskFailed"
    assert len(checked.error.splitlines()) == 1, "no traceback of ours"


def test_with_nobody_at_the_screen_a_failed_task_fails_the_cell(notebook: OpenNotebook) -> None:
    assert notebook.run("%%task shell\nexit 2", stdin=False).status == "error"
    good = notebook.run("%%task shell\nsleep 0.2; echo fine", stdin=False)
    assert good.status == "ok"
    assert "COMPLETED" in good.shown["text/plain"]
    assert WIDGET_MIME not in good.shown
    assert notebook.run("%%task shell --no-check\nexit 2", stdin=False).status == "ok"
    quick = notebook.run("%%task shell --no-wait -o slow\nsleep 30", stdin=False)
    assert "COMPLETED" not in quick.shown["text/plain"]
    notebook.run("slow.cancel()")


@pytest.mark.parametrize("line", ["%%task shell --wait", "%%task shell --timeout 60 --wait"])
def test_an_interrupt_cancels_what_is_waited_for(notebook: OpenNotebook, line: str) -> None:
    began = time.monotonic()
    ran = notebook.run(f"{line}\necho star''ted; sleep 40", interrupt_after="started")
    assert time.monotonic() - began < 20
    assert ran.errors[0]["ename"] == "KeyboardInterrupt"
    assert "the task was cancelled" in ran.error
    assert "CANCELLED" in ran.shown["text/plain"]


def test_an_interrupt_where_cells_cannot_await(notebook: OpenNotebook) -> None:
    notebook.run("%autoawait False")
    try:
        cell = "%%task shell --wait\necho star''ted; sleep 40"
        ran = notebook.run(cell, interrupt_after="started")
        assert "the task was cancelled" in ran.error
    finally:
        notebook.run("%autoawait True")


def test_text_arrives_as_it_stands(notebook: OpenNotebook) -> None:
    notebook.run("who = 'world'; x = 1")
    ran = notebook.run(
        "%%task shell --wait\necho {who} ${HOME:+set} '{unknown}'; awk 'BEGIN {print}'"
    )
    assert ran.shown["text/plain"].splitlines()[1] == "world set {unknown}"
    ran = notebook.run("%%task python --wait\nx = 5; f'{x}', {x}")
    assert "('5', {5})" in ran.shown["text/plain"]
    failed = notebook.run("1/0")
    assert failed.status == "error"
    number = notebook.value("len(In) - 2")
    shown = notebook.run(f"%%task --show-prompt\nWhy? {{Err[{number}]}} $x_{{x}}$")
    assert "ZeroDivisionError" in shown.text
    assert "$x_{x}$" in shown.text


def test_show_prompt_sends_nothing(notebook: OpenNotebook) -> None:
    before = notebook.run("%conversation show").shown["text/plain"]
    notebook.run("%%task shell --show-prompt\nrm -rf {who}")
    assert notebook.run("%conversation show").shown["text/plain"] == before


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("%%task shel\nls", "no kind of task 'shel'"),
        ("%%task shell --nope\nls", "unrecognized arguments: --nope"),
        ("%%task shell --timeout soon\nls", "invalid float value"),
        ("%%task shell -o a-b\nls", "not a name"),
        ("%%task shell ls\nls", "give one of them"),
        ("%%task 'shell\nls", "No closing quotation"),
        ("%%task\nhello", "%%task shell"),
        ("%%conversation\nhello", "%%task shell"),
        ("%%task python --kernel none-such --check\n1", "none-such"),
        ("%task notebook missing.ipynb --check", "missing.ipynb"),
        ("%conversation export", "unknown subcommand"),
        ("%conversation show nowhere", "no conversation 'nowhere'"),
        ("%conversation cancel zzzz", "no task 'zzzz'"),
        ("%conversation events -n 0", "from 1 to 100"),
    ],
)
def test_what_goes_wrong_is_one_sentence(notebook: OpenNotebook, cell: str, said: str) -> None:
    ran = notebook.run(cell)
    assert ran.status == "error"
    told = ran.error or ran.text
    assert said in told
    assert len(told.strip().splitlines()) == 1
    assert "Traceback" not in told


def test_conversations(notebook: OpenNotebook) -> None:
    own = conversation_of(notebook)
    assert notebook.run("%conversation new Second try").status == "ok"
    second = conversation_of(notebook)
    assert second != own
    notebook.run("%conversation use")
    assert conversation_of(notebook) == own
    notebook.run("%conversation use Second try")
    assert conversation_of(notebook) == second
    notebook.run(f"%conversation use {own}")
    ran = notebook.run("%%task shell -c 'Second try' --wait\necho there")
    assert ran.shown[TASK_MIME]["conversation_id"] == second
    assert "there" in notebook.run("%conversation events -c 'Second try'").shown["text/plain"]
    assert "Second try" in notebook.run("%conversation list Second").shown["text/plain"]
    assert "DESTROYED" in notebook.run("%conversation finish 'Second try'").text
    assert "unknown" in notebook.run("%conversation approve").text
    assert "%conversation" in notebook.run("%conversation help").text
    assert "--wait" in notebook.run("%task --help").text


def conversation_of(notebook: OpenNotebook) -> str:
    ran = notebook.run("%conversation show")
    return str(ran.shown["text/plain"].split()[1])


def test_cancelling_and_attaching(notebook: OpenNotebook) -> None:
    assert "No task runs" in notebook.run("%conversation cancel").text
    notebook.run("%%task ticker --title One\nx")
    notebook.run("%%task ticker --title Two\nx")
    assert "2 tasks run" in notebook.run("%conversation cancel").text
    assert "One — " in notebook.run("%conversation cancel One").text
    assert "Two — " in notebook.run("%conversation cancel all").text
    ran = notebook.run("%conversation attach last -o two")
    notebook.listen(ran, says("Two", "CANCELLED"))
    assert notebook.run("await two").errors[0]["ename"] == "TaskFailed"


def test_the_notebook_goes_on_in_its_conversation_after_a_restart(notebook: OpenNotebook) -> None:
    own = conversation_of(notebook)
    folder = notebook.run("%%task shell --wait\npwd").shown["text/plain"].splitlines()[1]
    assert folder == str(notebook.server.root.resolve() / "folder"), "it works in its directory"
    notebook.run("%%task python --wait\nkept = 42")
    notebook.restart()
    assert conversation_of(notebook) == own
    ran = notebook.run("%%task python --wait\nkept")
    assert "42" in ran.shown["text/plain"], "and so does the conversation's kernel"
    notebook.run("%conversation finish")
    after = conversation_of(notebook)
    assert after != own, "one that is over is not taken up again"
    notebook.restart()
    assert conversation_of(notebook) == after


@pytest.mark.skipif(not available(), reason="the widget's script is not built")
class TestWidget:
    def begin(self, notebook: OpenNotebook, cell: str) -> tuple[Ran, str]:
        ran = notebook.run(cell)
        (view,) = [c for c in ran.comms if "_anywidget_id" in str(c.get("data", {}))]
        assert ran.shown[WIDGET_MIME]["model_id"] == view["comm_id"]
        return ran, view["comm_id"]

    def told(self, ran: Ran, comm: str, kind: str) -> list[Any]:
        contents = [c["data"].get("content") for c in ran.comms if c["comm_id"] == comm]
        return [c for c in contents if c and c["kind"] == kind]

    def test_nothing_goes_over_until_a_view_opens(self, notebook: OpenNotebook) -> None:
        ran, comm = self.begin(notebook, "%%task shell -o t\nseq 1 2000; sleep 0.5; seq 1 5")
        notebook.listen(ran, says("COMPLETED"))
        assert not [c for c in ran.comms if c["comm_id"] == comm and "content" in c["data"]]
        notebook.send_comm(comm, {"kind": "open", "after_seq": 0})
        notebook.listen(
            ran,
            lambda r: any(
                "state" in c["data"] and c["data"].get("method") == "update" for c in r.comms
            ),
        )
        events = [e for c in self.told(ran, comm, "events") for e in c["events"]]
        seqs = [e["seq"] for e in events]
        assert seqs == sorted(set(seqs))
        assert events[-1]["detail"]["status"] == "COMPLETED"
        assert len(self.told(ran, comm, "events")) <= 3, "gathered, not one by one"
        update = next(
            c["data"]["state"] for c in reversed(ran.comms) if c["data"].get("method") == "update"
        )
        assert update["task"]["status"] == "COMPLETED"
        assert [e["seq"] for e in update["tail"]] == seqs

    def test_cancel_reaches_the_kernel_while_a_cell_waits(self, notebook: OpenNotebook) -> None:
        client = notebook._client
        first, comm = self.begin(notebook, "%%task shell -o t\nsleep 40")
        waiting = client.execute("await t", stop_on_error=False)
        notebook.send_comm(comm, {"kind": "cancel"})
        notebook.listen(first, says("CANCELLED"))
        answer = client.get_shell_msg(timeout=30)
        while answer["parent_header"]["msg_id"] != waiting:
            answer = client.get_shell_msg(timeout=30)
        assert answer["content"]["ename"] == "TaskFailed"

    def test_a_whole_conversation(self, notebook: OpenNotebook) -> None:
        notebook.run("%%task shell --wait\necho said")
        ran = notebook.run(
            "import uuid\nfrom jupyter_conv import ConversationView, connect\napi = await connect()\n"
            "c = await api.get_conversation(uuid.UUID(str(_task.task.conversation_id)))\n"
            "view = ConversationView(c, api)"
        )
        assert not ran.errors
        (view,) = [c for c in ran.comms if "_anywidget_id" in str(c.get("data", {}))]
        comm = view["comm_id"]
        notebook.send_comm(comm, {"kind": "open", "after_seq": 0})
        notebook.listen(ran, lambda r: "COMPLETED" in str(self.told(r, comm, "events")))
        events = [e for c in self.told(ran, comm, "events") for e in c["events"]]
        assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
        slow = notebook.run("%%task ticker -o slow\nx")
        notebook.send_comm(comm, {"kind": "cancel"})
        notebook.listen(slow, says("CANCELLED"))

    @pytest.mark.parametrize(
        "message",
        [None, [], {}, {"kind": "open", "after_seq": "x"}, {"kind": "cancel", "task_id": "nope"}],
    )
    def test_what_a_browser_may_send(self, notebook: OpenNotebook, message: Any) -> None:
        ran, comm = self.begin(notebook, "%%task wait -o t\n0")
        notebook.send_comm(comm, message)
        notebook.listen(ran, says("COMPLETED"))
        assert not notebook.run("await t").errors
