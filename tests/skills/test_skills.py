"""Skills: read from files, told when they are called for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_conv.skills import Roots, Skill, Skills, load_skills
from jupyter_conv.skills import loading as rooms
from jupyter_conv.skills.reading import NotASkillError, read_skill


@pytest.fixture
def roots(tmp_path: Path) -> Roots:
    """Sources of this test alone."""
    return Roots((tmp_path / "system", tmp_path / "shared"), tmp_path / "user")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    path = tmp_path / "workspace"
    path.mkdir()
    return path


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def read(text: str) -> Skill:
    return read_skill(text, name="named", source="user", path="named.md")


def test_what_a_file_says() -> None:
    skill = read("---\nname: git\ntriggers: [git, GitHub]\ndescription: d\n---\n\nUse branches.\n")
    assert (skill.name, skill.content, skill.description) == ("git", "Use branches.", "d")
    assert (skill.kind, skill.triggers) == ("keyword", ("git", "GitHub"))
    assert read("Just text.").kind == "always"
    assert read("---\n---\nText").content == "Text"
    assert read("\ufeff---\r\nname: a\r\n---\r\nText\r\n").name == "a"
    assert read("---\ntriggers: git\n---").triggers == ("git",)


def test_inputs_make_a_task() -> None:
    skill = read("---\ninputs:\n  - name: PR\n    description: which\n  - branch\n---\nReview.")
    assert (skill.kind, skill.inputs, skill.triggers) == ("task", ("PR", "branch"), ("/named",))
    assert skill.called_by("please /named it")
    assert skill.response.type == "knowledge"


@pytest.mark.parametrize(
    "front",
    [
        "name: [a]",
        "name: ''",
        "triggers: {a: b}",
        "triggers: [1]",
        "triggers: ['']",
        "inputs: [{description: d}]",
        "- a\n- b",
        "a: [",
        "\tx: y",
        "a: !!python/object/apply:os.system [id]",
        "name: " + "x" * 300,
        "[" * 5000,
        "triggers: [" + "x, " * 300 + "]",
    ],
)
def test_front_matter_that_is_wrong_is_told(front: str) -> None:
    with pytest.raises(NotASkillError, match=r"."):
        read(f"---\n{front}\n---\nText")


def test_front_matter_without_an_end_or_too_long_is_told() -> None:
    with pytest.raises(NotASkillError, match="no end"):
        read("---\nname: a\n")
    with pytest.raises(NotASkillError, match="KiB"):
        read(f"---\nname: {'x' * 20_000}\n---\n")


@pytest.mark.parametrize(
    ("trigger", "text", "called"),
    [
        ("git", "how do I use GIT?", True),
        ("git", "digit github", False),
        ("git", "github, then git", True),
        ("git", "git_lfs", False),
        ("c++", "write C++ code", True),
        ("c++", "c++x", False),
        ("node.js", "in node.js.", True),
        ("pull request", "a pull\n request", True),
        ("Straße", "die STRASSE", True),
        ("café", "cafe\u0301", True),
        ("नमस", "नमस्ते", False),
        ("データ", "データ、です", True),
        ("/review", "do /review now", True),
        ("/review", "a/review", False),
        ("ﬁle", "file", True),
    ],
)
def test_a_trigger_is_a_whole_word(trigger: str, text: str, called: bool) -> None:
    assert Skill("s", "", "user", "s.md", triggers=(trigger,)).called_by(text) is called


def test_always_and_matching() -> None:
    always = Skill("a", "", "user", "a.md")
    git = Skill("g", "", "user", "g.md", triggers=("git",))
    skills = Skills((always, git))
    assert skills.always == (always,)
    assert skills.matching("git") == (git,)
    assert skills.matching("nothing") == ()


def test_later_sources_win(workspace: Path, roots: Roots) -> None:
    for place in (*roots.shared, roots.user, *(workspace / folder for folder in rooms.FOLDERS)):
        put(place / "same.md", str(place))
        put(place / f"{place.name}.md", "own")
    (same,) = (skill for skill in load_skills(workspace, roots) if skill.name == "same")
    assert same.content == str(workspace / ".jupyter_conv/skills")
    assert (same.source, same.path) == ("workspace", ".jupyter_conv/skills/same.md")
    bare = load_skills(workspace / "..", roots)
    assert {s.name: s.source for s in bare} == {
        "same": "user",
        "system": "shared",
        "shared": "shared",
        "user": "user",
    }


def test_folders_and_names(workspace: Path, roots: Roots) -> None:
    put(roots.user / "python" / "testing.md", "Test.")
    put(roots.user / "pdf" / "SKILL.md", "---\ndescription: d\n---\nRead.")
    put(roots.user / "pdf" / "more.md", "not a skill of its own")
    put(roots.user / "README.md", "about")
    put(roots.user / "notes.txt", "no")
    assert [skill.name for skill in load_skills(workspace, roots)] == ["pdf", "python/testing"]


def test_other_tools_files_are_always_told(workspace: Path, roots: Roots) -> None:
    put(workspace / "AGENTS.md", "---\nnot: [front\n---\nas it stands")
    (workspace / "CLAUDE.md").symlink_to("AGENTS.md")
    put(workspace / ".cursorrules", "Rules")
    skills = load_skills(workspace, roots)
    assert [skill.name for skill in skills.always] == ["agents", "cursorrules"]
    assert skills.always[0].content.startswith("---")
    assert skills.errors == ()


def test_links_out_of_a_workspace_are_told_and_not_followed(workspace: Path, roots: Roots) -> None:
    secret = workspace.parent / "secret"
    put(secret / "key.md", "SECRET")
    folder = workspace / ".jupyter_conv/skills"
    folder.mkdir(parents=True)
    (folder / "file.md").symlink_to(secret / "key.md")
    (folder / "folder").symlink_to(secret)
    (workspace / ".openhands").symlink_to(secret)
    (secret / "skills").symlink_to(secret)
    (workspace / "GEMINI.md").symlink_to("../secret/key.md")
    skills = load_skills(workspace, roots)
    assert skills.all == ()
    told = {error.path for error in skills.errors}
    assert {".jupyter_conv/skills/file.md", "GEMINI.md", ".openhands/skills"} <= told
    assert str(workspace.parent) not in skills.response.model_dump_json()


def test_what_cannot_be_read_is_told_and_the_rest_is_read(workspace: Path, roots: Roots) -> None:
    put(roots.user / "good.md", "Good.")
    put(roots.user / "broken.md", "---\na: [\n---\n")
    (roots.user / "bytes.md").write_bytes(b"\xff\xfe")
    put(roots.user / "large.md", "x" * (rooms.MAX_FILE + 1))
    os.mkfifo(roots.user / "pipe.md")
    (roots.user / "gone.md").symlink_to("nowhere")
    skills = load_skills(workspace, roots)
    assert [skill.name for skill in skills] == ["good"]
    assert {error.path for error in skills.errors} == {
        "broken.md",
        "bytes.md",
        "large.md",
        "pipe.md",
        "gone.md",
    }
    assert all(error.message.endswith(".") for error in skills.errors)


def test_there_are_limits(workspace: Path, roots: Roots, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "MAX_SKILLS", 5)
    for number in range(10):
        put(roots.user / f"{number}.md", "text")
    skills = load_skills(workspace, roots)
    assert len(skills) == 5
    assert "More than 5" in skills.errors[0].message
    monkeypatch.setattr(rooms, "MAX_TOTAL", 10)
    assert len(load_skills(workspace, roots)) == 2


def test_listing_changes_nothing(workspace: Path, roots: Roots) -> None:
    load_skills(workspace, roots)
    assert list(workspace.iterdir()) == []
    assert not roots.user.exists()


def test_what_the_wire_has(workspace: Path, roots: Roots) -> None:
    put(roots.user / "git.md", "---\ntriggers: [git]\n---\nUse it.")
    put(roots.user / "repo.md", "Always.")
    told = load_skills(workspace, roots).response.model_dump(mode="json")
    seeds = [
        {key: skill[key] for key in ("name", "type", "content", "triggers")}
        for skill in told["skills"]
    ]
    assert seeds == [
        {"name": "git", "type": "knowledge", "content": "Use it.", "triggers": ["git"]},
        {"name": "repo", "type": "repo", "content": "Always.", "triggers": []},
    ]
