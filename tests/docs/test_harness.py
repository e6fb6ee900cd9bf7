"""The harness of the pages finds what is wrong with a page."""

from pathlib import Path

import pytest
from pages import anchors, blocks, links, steps
from story import Story, agrees, environment, normal

PAGE = """# A page with [a link](other.md#some-heading)

## What it's `for`

```text title="notes.txt"
hello
```

```console
$ cat notes.txt
hello
$ cat missing.txt || echo $?
> echo more
...
more
```

<!-- not run: it would hurt -->
```console
$ rm -rf /nowhere
```
"""


@pytest.fixture
def play(tmp_path: Path):
    """Play a text as a page in an empty folder."""

    def go(text: str, *, golden: bool = False) -> str:
        page = tmp_path / "page.md"
        page.write_text(text, encoding="utf-8")
        folder = tmp_path / "folder"
        folder.mkdir()
        Story(folder=folder, environment=environment(tmp_path / "bin"), golden=golden).play(page)
        return page.read_text(encoding="utf-8")

    return go


def test_a_page_is_read(tmp_path: Path):
    """Titles, commands with their continuation, skipped blocks, links and anchors are found."""
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf-8")
    found = blocks(page)
    assert [(block.language, block.title, block.skipped) for block in found] == [
        ("text", "notes.txt", None),
        ("console", None, None),
        ("console", None, "not run: it would hurt"),
    ]
    assert [(step.command, step.output, step.line) for step in steps(found[1])] == [
        ("cat notes.txt", "hello", 10),
        ("cat missing.txt || echo $?\necho more", "...\nmore", 12),
    ]
    assert links(page) == ["other.md#some-heading"]
    assert anchors(page) == {"a-page-with-a-link", "what-its-for"}


def test_a_true_page_passes(play):
    """Files are written, commands run in their folder, and `...` stands for any lines."""
    assert play(PAGE) == PAGE


def test_a_page_that_lies_fails(play):
    """Output that differs in one word is told with the page's line and both texts."""
    with pytest.raises(pytest.fail.Exception, match=r"page\.md:10: \$ cat notes\.txt\n--- the page\nhallo\n---"):
        play(PAGE.replace("notes.txt\nhello", "notes.txt\nhallo"))


def test_a_script_that_fails_fails(play):
    """A Python block with a title is run, also where no console block names it."""
    with pytest.raises(AssertionError, match=r"deploy\.py failed"):
        play('```python title="deploy.py"\nraise SystemExit(3)\n```\n')


def test_golden_writes_what_is_said(play):
    """With `--golden` the page gets the output, and nothing else changes."""
    assert play(PAGE.replace("notes.txt\nhello", "notes.txt\nhallo"), golden=True) == PAGE


def test_what_differs_from_run_to_run_is_named(tmp_path: Path):
    """Times, durations, versions, processes, addresses and folders have one name; an excerpt keeps its columns."""
    text = (
        "PostgreSQL 18.6 at postgresql://ada@localhost:5432/shop (from DATABASE_URL)\n"
        f"applied  a  1/1  2026-11-23 07:31     15 ms\npid 12 in {tmp_path}/x\n"
        '4 |     refernces\n  |     ^ syntax error\n  "duration": 0.5,\n  "duration": null,\n\n'
    )
    assert normal(text, tmp_path) == [
        "PostgreSQL [VERSION] at [ADDRESS] (from DATABASE_URL)",
        "applied  a  1/1  [TIME]  [DURATION]",
        "pid [PID] in [ROOT]/x",
        "4 |     refernces",
        "  |     ^ syntax error",
        '  "duration": [VALUE],',
        '  "duration": null,',
    ]


def test_dots_stand_for_any_lines():
    """A line `...` takes no line, one or several, and what is around it has to be there."""
    assert agrees(["a", "...", "c"], ["a", "b", "b", "c"])
    assert agrees(["a", "...", "c"], ["a", "c"])
    assert not agrees(["a", "...", "c"], ["a", "b"])
    assert not agrees(["a"], ["a", "b"])
