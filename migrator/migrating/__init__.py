"""Job 1: versioned SQL files applied exactly once, in order, safely, over one connection."""

from migrator.migrating.down import down, redo
from migrator.migrating.mark import mark
from migrator.migrating.new import new
from migrator.migrating.up import up

__all__ = ["down", "mark", "new", "redo", "up"]
