"""A value that its column cannot take, on its way from where that is found to where its place is known."""

from pathlib import Path

from migrator.errors import InputError
from migrator.seeding.files.nodes import Mark, Node, place_of, span, width_of


class ValueRefusedError(Exception):
    """A value does not fit its column. `node` is where, if it is known; the rest is as in `MigratorError`."""

    def __init__(self, message: str, node: Node | None, *, code: str = "bad-value", hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.node = node
        self.code = code
        self.hint = hint

    def at(self, node: Node) -> "ValueRefusedError":
        """The same, at a place."""
        return ValueRefusedError(self.message, node, code=self.code, hint=self.hint)


def refused_at(path: Path, shown: str, error: ValueRefusedError, otherwise: Mark) -> InputError:
    """A refused value as an error at its place in a file, or at another one where it knows none."""
    place, width = (otherwise, 1) if error.node is None else (place_of(error.node), width_of(error.node))
    return InputError(
        error.message,
        code=error.code,
        where=span(path, shown, place, width),
        outcome="nothing was loaded",
        hint=error.hint,
    )
