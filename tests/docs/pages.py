"""A Markdown page as what its tests need: fenced blocks with their titles, the comments before them, the links.

The forms that a page may use:

    ```sql title="migrations/0001.create-users.sql"     is written to that file when the story comes to it
    ```console                                          is run: `$ ` begins a command, `> ` goes on with it, what
                                                        follows is its output; a line `...` stands for any lines
    ```python title="deploy.py"                         is a script, and a console block has to run it
    <!-- not run: reason -->                            before a block: it is shown only
    <!-- ci: run -->                                    likewise: a job of its own runs it
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = ROOT / "README.md"
PAGES = sorted(DOCS.glob("*.md"))

_FENCE = re.compile(r"(`{3,}|~{3,})\s*([\w-]*)\s*(.*)")
_TITLE = re.compile(r'title="([^"]+)"')
_COMMENT = re.compile(r"<!--\s*(not run|ci):\s*(.+?)\s*-->")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block.

    Attributes:
        language: the first word of the info string, such as `console`.
        title: the file that it is, where it is one.
        text: what it holds, with a line end at the end.
        line: of its first line in the page.
        skipped: why it is not run or written; None where it is.
    """

    language: str
    title: str | None
    text: str
    line: int
    skipped: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A command of a console block, and the output that the page shows; `line` of the command in the page."""

    command: str
    output: str
    line: int


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    found: list[Block] = []
    skipped: str | None = None
    lines = page.read_text(encoding="utf-8").splitlines()
    at = 0
    while at < len(lines):
        fence = _FENCE.fullmatch(lines[at].strip())
        comment = _COMMENT.fullmatch(lines[at].strip())
        at += 1
        if fence is None:
            if comment:
                skipped = f"{comment[1]}: {comment[2]}"
            elif lines[at - 1].strip():
                skipped = None
            continue
        indent = len(lines[at - 1]) - len(lines[at - 1].lstrip())
        start = at
        while lines[at].strip() != fence[1]:
            at += 1
        title = _TITLE.search(fence[3])
        text = "".join(f"{line[indent:]}\n" for line in lines[start:at])
        found.append(
            Block(language=fence[2], title=title[1] if title else None, text=text, line=start + 1, skipped=skipped)
        )
        skipped = None
        at += 1
    return found


def steps(block: Block) -> Iterator[Step]:
    """The commands of a console block."""
    command: str | None = None
    output: list[str] = []
    line = block.line
    for number, text in enumerate(block.text.splitlines(), block.line):
        if text.startswith("$ "):
            if command is not None:
                yield Step(command=command, output="\n".join(output), line=line)
            command, output, line = text[2:], [], number
        elif text.startswith("> ") and command is not None and not output:
            command = f"{command}\n{text[2:]}"
        else:
            assert command is not None, f"line {number} is output without a command"
            output.append(text)
    if command is not None:
        yield Step(command=command, output="\n".join(output), line=line)


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    kept: list[str] = []
    fence: str | None = None
    for line in page.read_text(encoding="utf-8").splitlines():
        found = _FENCE.fullmatch(line.strip())
        if fence is None and found:
            fence = found[1]
        elif fence is not None and line.strip() == fence:
            fence = None
        elif fence is None:
            kept.append(line)
    return "\n".join(kept)


def links(page: Path) -> list[str]:
    """The targets of a page's links."""
    return _LINK.findall(re.sub(r"`[^`]*`", "", prose(page)))


def anchors(page: Path) -> set[str]:
    """The anchors that a page's headings have on GitHub."""
    headings = [found[2] for line in prose(page).splitlines() if (found := _HEADING.fullmatch(line))]
    texts = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings]
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in texts}
