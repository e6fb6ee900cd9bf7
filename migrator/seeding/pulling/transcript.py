"""The seed file that is made of tables: what stands above the rows, and the rows as they come.

It is kept in a temporary file until everything is read: what was cut off in the middle would look like a whole file.
"""

import codecs
from collections.abc import Callable, Iterable

from migrator.errors import InputError, UnavailableError
from migrator.seeding.preparing.spool import Spool
from migrator.seeding.pulling.scalars import comment, double, key, scalar
from migrator.seeding.pulling.selection import Selection, values


class Transcript:
    """A seed file in the making.

    Args:
        spool: where its text is kept.
    """

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._rest = b""

    def heading(self, address: str, names: Iterable[str], where: str | None) -> None:
        """Say where the rows come from, and how to get them again."""
        words = " ".join(names)
        condition = "" if where is None else f" --where {double(where)}"
        self._spool.add(f"# {comment(f'pulled from {address}')}\n# {comment(f'migrate pull {words}{condition}')}\n")

    def table(self, selection: Selection, *, empty: bool) -> None:
        """Begin a table."""
        name = selection.name if not selection.name.startswith("$") else f"{selection.table.schema}.{selection.name}"
        self._indent = "  "
        if _is_ambiguous(selection):
            columns = [scalar(column) for column in selection.key.columns]
            listed = columns[0] if len(columns) == 1 else f"[{', '.join(columns)}]"
            self._spool.add(f"{key(name)}:\n  key: {listed}\n  rows:{' []' if empty else ''}\n")
            self._indent = "    "
        else:
            self._spool.add(f"{key(name)}:{' []' if empty else ''}\n")
        self._selection = selection

    async def take(self, chunk: bytes) -> None:
        """Write the rows of a piece of COPY's text; what is left of a line waits for the next."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        row, add, indent = self._selection.row, self._spool.add, self._indent
        try:
            for line in lines:
                add(f"{indent}- {row(values(line.decode()))}\n")
        except UnicodeDecodeError as error:
            raise InputError(
                f"`{self._selection.name}` holds bytes that are not UTF-8: byte 0x{error.object[error.start]:02x}",
                code="not-utf8",
                outcome="nothing was written",
                hint="correct the value, or leave its row out with `--where`",
            ) from error
        except OSError as error:
            raise UnavailableError(
                f"cannot write to the folder of temporary files: {error.strerror}",
                code="unwritable-file",
                outcome="nothing was written",
                hint="make room there, or name another folder with TMPDIR",
            ) from error

    def hand_out(self, write: Callable[[str], object]) -> None:
        """Give the text away, a piece at a time."""
        decoder = codecs.getincrementaldecoder("utf-8")()
        for chunk in self._spool.chunks(0, self._spool.flush()):
            write(decoder.decode(chunk))


def _is_ambiguous(selection: Selection) -> bool:
    """`seed` would take another key than this one, or ask which, where the file does not say."""
    covered = [key for key in selection.table.keys if set(key.columns) <= selection.shown()]
    if covered and covered[0].primary:
        return covered[0] != selection.key
    return len({frozenset(key.columns) for key in covered}) > 1
