"""`jupyter conv`, as a shell runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .serving import TOKEN, RunningServer, free_port

DEADLINE = 60


class Shell:
    """Runs the command in a folder, on a server or embedded."""

    def __init__(self, cwd: Path, *where: str, env: dict[str, str] | None = None) -> None:
        self.cwd = cwd
        self.where = where
        self.env = {**os.environ, **(env or {})}

    def command(self, name: str, *line: str) -> list[str]:
        return [sys.executable, "-m", "jupyter_conv.cli", name, *self.where, *line]

    def __call__(self, name: str, *line: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(name, *line),
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            cwd=self.cwd,
            env=self.env,
            input=stdin,
            check=False,
        )

    def lines(self, name: str, *line: str) -> list[Any]:
        """What `--json` says."""
        return [json.loads(told) for told in self(name, "--json", *line).stdout.splitlines()]


@pytest.fixture(params=["server", "embedded"])
def conv(request: pytest.FixtureRequest, tmp_path: Path, server: RunningServer) -> Iterator[Shell]:
    if request.param == "server":
        yield Shell(tmp_path, "--server", server.url, env={"JUPYTER_CONV_TOKEN": TOKEN})
    else:
        yield Shell(tmp_path, "--embedded")


def test_run_prints_what_the_work_prints(conv: Shell) -> None:
    done = conv("run", "shell", r"printf 'a\033[1mb\033[0m\n'; echo err >&2")
    assert done.returncode == 0
    assert done.stdout == "a\x1b[1mb\x1b[0m\n"
    assert "err\n" in done.stderr


def test_run_ends_with_the_success_of_the_task(conv: Shell) -> None:
    assert conv("run", "shell", "exit 7").returncode == 7
    assert conv("run", "shell", "kill -9 $$").returncode == 137
    assert conv("run", "shell", "--", "test", "a b", "=", "a b").returncode == 0
    late = conv("run", "shell", "--timeout", "0.3", "sleep 30")
    assert late.returncode == 1
    assert "timeout" in late.stderr


def test_run_other_kinds(conv: Shell) -> None:
    ticks = conv("run", "ticker", "tick", "--iterations", "3", "--interval", "0")
    assert (ticks.returncode, ticks.stdout) == (0, "tick\n" * 3)
    code = conv("run", "python", "-", stdin="print(6 * 7)\n'value'")
    assert (code.returncode, code.stdout) == (0, "42\n'value'\n")
    wrong = conv("run", "python", "1/0")
    assert wrong.returncode == 1
    assert "ZeroDivisionError" in wrong.stderr


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["run", "shel", "ls"], "no kind of task 'shel'"),
        (["run", "notebook", "missing.ipynb"], "missing.ipynb"),
        (["run", "prompt", "hello"], "gent"),
        (["tail", "nowhere"], "no conversation 'nowhere'"),
        (["cancel", "00000000-0000-4000-8000-000000000000"], "no conversation or task"),
        (["cancel", "x"], "not an id"),
    ],
)
def test_what_goes_wrong_is_one_sentence(conv: Shell, line: list[str], said: str) -> None:
    done = conv(*line)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_list_and_tail(conv: Shell) -> None:
    conv("run", "shell", "-c", "Talk", "echo one")
    conv("run", "shell", "-c", "Talk", "echo two")
    (conversation,) = conv.lines("list", "Talk")
    assert conversation["title"] == "Talk"
    assert conversation["id"] in conv("list").stdout
    assert conv("tail", "Talk", "--no-follow").stdout == "one\ntwo\n"
    events = conv.lines("tail", "--no-follow", "--after", "2", conversation["id"])
    assert [e["seq"] for e in events] == list(range(3, 3 + len(events)))
    assert conv.lines("tail", "--no-follow", "--after", "9999", conversation["id"]) == []


def test_json_is_a_line_each(conv: Shell) -> None:
    told = conv.lines("run", "shell", "echo x; exit 2")
    assert told[-1]["task"]["result"] == {"exit_code": 2}
    assert [list(line) for line in told[:-1]] == [["event"]] * (len(told) - 1)
    (problem,) = conv.lines("run", "shel", "x")
    assert problem["error"]["code"] == "invalid"


def test_ctrl_c_cancels_and_says_so(conv: Shell) -> None:
    process = subprocess.Popen(
        conv.command("run", "shell", "echo $$; exec sleep 1000"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=conv.cwd,
        env=conv.env,
    )
    watchdog = threading.Timer(DEADLINE, process.kill)
    watchdog.start()
    assert process.stdout is not None
    worker = int(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    watchdog.cancel()
    assert process.returncode == 130
    assert "CANCELLED" in err
    assert "Traceback" not in err
    assert not Path(f"/proc/{worker}").exists()


def test_a_reader_that_goes_away_ends_it(conv: Shell) -> None:
    command = " ".join(f"'{word}'" for word in conv.command("run", "ticker", "--interval", "0.01"))
    done = subprocess.run(
        ["bash", "-c", f"{command} | head -2"],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        cwd=conv.cwd,
        env=conv.env,
        check=False,
    )
    assert done.stdout == "Tick\nTick\n"
    assert "Traceback" not in done.stderr


def test_cancel_from_elsewhere(server: RunningServer, tmp_path: Path) -> None:
    conv = Shell(tmp_path, "--server", server.url, env={"JUPYTER_CONV_TOKEN": TOKEN})
    process = subprocess.Popen(
        conv.command("run", "--json", "ticker"), stdout=subprocess.PIPE, text=True, env=conv.env
    )
    assert process.stdout is not None
    first = json.loads(process.stdout.readline())["event"]
    (cancelled,) = conv.lines("cancel", first["task_id"])
    assert cancelled["status"] in ("CANCELLING", "CANCELLED")
    *_, last = process.communicate(timeout=DEADLINE)[0].splitlines()
    assert json.loads(last)["task"]["status"] == "CANCELLED"
    assert process.returncode == 1
    assert conv.lines("cancel", first["conversation_id"]) == []


def test_a_server_that_is_named_and_not_there(tmp_path: Path) -> None:
    conv = Shell(tmp_path, "--server", f"http://127.0.0.1:{free_port()}")
    done = conv("list")
    assert done.returncode == 1
    assert "does not answer" in done.stderr


def test_the_server_that_runs_is_found(own_server: RunningServer) -> None:
    conv = Shell(own_server.root, env=own_server.environment)
    done = conv("run", "shell", "pwd")
    assert done.stdout.strip() == str(own_server.root.resolve())
    assert own_server.get("conversation-count") == 1


def test_doctor(server: RunningServer, tmp_path: Path) -> None:
    conv = Shell(tmp_path, "--server", server.url, "--token", TOKEN)
    done = conv("doctor")
    assert "versions: Python" in done.stdout
    assert f"server: {server.url}" in done.stdout
    (told,) = conv.lines("doctor")
    assert {check["what"] for check in told["checks"]} >= {"server", "kernels", "widget"}
    assert told["healthy"] is (done.returncode == 0)
    wrong = Shell(tmp_path, "--server", server.url, "--token", "no")("doctor")
    assert wrong.returncode == 1
    assert "MISSING  server" in wrong.stdout
    assert "→" in wrong.stdout


def test_help_is_quick_and_words_are_checked(tmp_path: Path) -> None:
    conv = Shell(tmp_path)
    assert "KIND" in conv("run", "--help").stdout
    assert conv("nope").returncode == 2
    assert conv("list", "-n", "0").returncode == 2


def test_files_go_there_and_back(conv: Shell) -> None:
    conv("run", "shell", "-c", "Files", "echo made > made.txt")
    (conv.cwd / "folder" / "deep").mkdir(parents=True)
    (conv.cwd / "folder" / "deep" / "é x.bin").write_bytes(bytes(range(256)))
    (conv.cwd / "one.csv").write_text("a,b\n")
    sent = conv("upload", "Files", "folder", "one.csv", "--to", "in")
    assert sent.stdout == "in/folder/deep/é x.bin\nin/one.csv\n"
    listed = [info["path"] for info in conv.lines("files", "Files", "in/", "-r")]
    assert listed == ["in/folder/", "in/folder/deep/", "in/folder/deep/é x.bin", "in/one.csv"]
    assert "made.txt" in conv("files", "Files", "--name", "MADE").stdout
    assert conv("download", "Files", "in/one.csv", "-").stdout == "a,b\n"
    (conv.cwd / "back").mkdir()
    conv("download", "Files", "in", "back")
    assert (conv.cwd / "back/in/folder/deep/é x.bin").read_bytes() == bytes(range(256))
    assert sorted(p.name for p in (conv.cwd / "back/in").iterdir()) == ["folder", "one.csv"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["files", "nowhere"], "no conversation 'nowhere'"),
        (["upload", "Some", "missing"], "no file 'missing'"),
        (["download", "Some", "missing"], "not in the workspace"),
        (["download", "Some", "../x"], "leaves the workspace"),
    ],
)
def test_what_goes_wrong_with_files_is_one_sentence(
    conv: Shell, line: list[str], said: str
) -> None:
    conv("run", "shell", "-c", "Some", "true")
    done = conv(*line)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_skills(conv: Shell) -> None:
    title = f"Skilled {os.urandom(4).hex()}"
    conv("run", "-c", title, "shell", "true")
    none = conv("skills", title)
    assert (none.returncode, none.stdout) == (0, "")
    write = "mkdir -p .jupyter_conv/skills; printf -- '---\\ntriggers: [git]\\n---\\nText' > .jupyter_conv/skills/g.md"
    conv("run", "-c", title, "shell", write)
    assert "git" in conv("skills", title).stdout
    (told,) = conv.lines("skills", title)
    assert [skill["name"] for skill in told["skills"]] == ["g"]
    assert conv("skills", "nowhere").returncode == 1
