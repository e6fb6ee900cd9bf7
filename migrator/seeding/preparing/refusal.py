"""A value that its column cannot take, on its way from where that is found to where its place is known."""

from migrator.seeding.files.nodes import Node


class ValueRefusedError(Exception):
    """A value does not fit its column. `node` is where, if it is known; the rest is as in `MigratorError`."""

    def __init__(self, message: str, node: Node | None, *, code: str = "bad-value", hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.node = node
        self.code = code
        self.hint = hint
