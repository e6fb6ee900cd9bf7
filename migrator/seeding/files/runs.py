"""Rows of one shape that follow one another, read by one regular expression instead of YAML's events.

A template takes only what cannot mean anything but its text: keys in one order, plain words that no indicator begins,
quoted texts without escapes. Whatever else a row holds sends it, and it alone, through libyaml.
"""

import re
from collections.abc import Iterator

from migrator.seeding.files.nodes import Batch, Row
from migrator.seeding.files.reader import MisreadError, Run

MOST_ROWS = 512
"""How many rows a batch has at most."""

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TEMPLATES = 4

_UNUSUAL = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""What YAML refuses, or takes for the end of a line, or for a mark of the byte order."""

# Sets of what may not stand in a value; everything else is plain text to YAML wherever it stands.
_NOT_FIRST = "\\x00-\\x20!\"#%&'*,:>?@`|{}\\[\\]\\\\\\-\x7f"
_NOT_INNER_IN_FLOW = r"\x00-\x20#,:{}\[\]\\\x7f"
_NOT_INNER_IN_BLOCK = r"\x00-\x20#:\\\x7f"


def _value(outside: str) -> str:
    # Atomic groups, never `(?:...)*+`: before 3.11.5 (Debian 12 has 3.11.2) Python keeps half of a failed repetition
    # and reads `a: b` as a plain value: https://github.com/python/cpython/issues/106052
    word = rf"[^{outside}]*+(?>(?::[^{outside}]++)*)"
    plain = rf"(?:[^{_NOT_FIRST}]|-(?=[0-9.])){word}(?>(?: ++[^{outside}]{word})*)"
    return rf"""({plain}|"[^\x00-\x1f\x7f"\\]*+"|'[^\x00-\x1f\x7f'\\]*+')"""


_FLOW_VALUE = _value(_NOT_INNER_IN_FLOW)
_BLOCK_VALUE = _value(_NOT_INNER_IN_BLOCK)


class Template:
    """How rows of one shape are written, as a regular expression.

    Attributes:
        names: the columns.
        height: the lines of a row.
        match: of the expression.
    """

    __slots__ = ("height", "match", "names")

    def __init__(self, indent: int, names: tuple[str, ...], *, flow: bool) -> None:
        margin = " " * indent
        if flow:
            cells = ", *".join(rf"{name}: +{_FLOW_VALUE}" for name in names)
            pattern = rf"{margin}- +\{{ *{cells} *\}} *\r?\n"
        else:
            cells = rf" *\r?\n{margin}  ".join(rf"{name}: +{_BLOCK_VALUE}" for name in names)
            pattern = rf"{margin}- {cells} *\r?\n"
        self.names = names
        self.height = 1 if flow else len(names)
        self.match = re.compile(pattern).match


class Templates:
    """The templates of a file's rows, the last one that fitted first."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, bool, tuple[str, ...]], Template] = {}
        self._order: list[Template] = []
        self.missed = 0
        self.fitted = 0

    def begin(self) -> None:
        """Another table begins: the first row of each shape goes through libyaml again, for its places."""
        self._order.clear()

    def learn(self, indent: int, text: str, row: Row) -> None:
        """Make a template from a row that libyaml has read, if rows like it can have one."""
        flow = text.lstrip(" ").removeprefix("-").lstrip(" ").startswith("{")
        if not row.names or not all(_KEY.fullmatch(name) for name in row.names):
            return
        identity = (indent, flow, row.names)
        template = self._known.get(identity)
        if template is None:
            template = self._known[identity] = Template(indent, row.names, flow=flow)
        if template not in self._order:
            self._order.insert(0, template)
        del self._order[_TEMPLATES:]

    def read(self, run: Run, line: int) -> Iterator[Batch | tuple[int, str]]:
        """A run as batches of rows, and as single rows (line and text) that no template fits.

        Raises `MisreadError` for what is not UTF-8, or for characters with which lines and columns are not sure.
        """
        try:
            text = run.body.decode()
        except UnicodeDecodeError as error:
            raise MisreadError from error
        if not text.isascii() and _UNUSUAL.search(text):
            raise MisreadError
        begin = "\n" + " " * run.indent + "- "
        position, end = 0, len(text)
        while position < end:
            found = None
            for template in self._order:
                found = template.match(text, position)
                if found is not None:
                    break
            if found is None:
                self.missed += 1
                stop = text.find(begin, position) + 1 or end
                yield line, text[position:stop]
                line += text.count("\n", position, stop)
                position = stop
                continue
            rows = [found.groups()]
            position = found.end()
            match = template.match
            while len(rows) < MOST_ROWS:
                found = match(text, position)
                if found is None:
                    break
                rows.append(found.groups())
                position = found.end()
            self.fitted += len(rows)
            if self._order[0] is not template:
                self._order.remove(template)
                self._order.insert(0, template)
            yield Batch(template.names, line, template.height, rows)
            line += len(rows) * template.height
