r"""`migrate seed` beside other ways to load the same rows: Django's `loaddata`, and INSERTs through psql.

    python benchmarks/seeds_beside.py                   20,000 rows of 6 columns
    python benchmarks/seeds_beside.py --rows 200000

Django is installed by name into an environment of its own, which is deleted at the end; without a network it is left
out, and that is said. Each contender is a whole process that fills the empty table and has to leave the same rows.
"""

import argparse
import json
import shutil
import subprocess
import tempfile
import venv
from pathlib import Path

from processes import Contender, Result, side_by_side
from report import table, where
from server import Server, running

from seeds import COLUMNS, Loads, rows

PACKAGES = ("django", "psycopg[binary]")
BATCH = 1000
SETTINGS = """
import os
from urllib.parse import parse_qs, urlsplit

at = urlsplit(os.environ["BENCH_URL"])
query = {name: values[0] for name, values in parse_qs(at.query).items()}
DATABASES = {"default": {
    "ENGINE": "django.db.backends.postgresql", "NAME": at.path.lstrip("/"), "USER": at.username or "",
    "PASSWORD": at.password or "", "HOST": query.get("host", at.hostname or ""), "PORT": str(at.port or ""),
}}
INSTALLED_APPS = ["bench"]
USE_TZ = True
"""
MODELS = """
from django.db import models


class Account(models.Model):
    id = models.BigIntegerField(primary_key=True)
    email = models.TextField(unique=True)
    full_name = models.TextField()
    balance = models.DecimalField(max_digits=12, decimal_places=2)
    joined_at = models.DateTimeField()
    note = models.TextField(null=True)

    class Meta:
        db_table = "account"
        managed = False
"""


def django(folder: Path) -> Path | None:
    """A Django of its own; returns its Python, or None where it cannot be installed."""
    environment = folder / "django"
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    asked = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES]
    finished = subprocess.run(asked, check=False, capture_output=True, text=True)
    if finished.returncode != 0:
        print(f"left out: {' and '.join(PACKAGES)} cannot be installed: {finished.stderr.strip().splitlines()[-1]}")
        return None
    version = subprocess.run([str(python), "-m", "django", "--version"], check=True, capture_output=True, text=True)
    print(f"Django {version.stdout.strip()}")
    return python


def fixture(count: int, folder: Path) -> None:
    """The rows as a fixture of an application in this folder."""
    app = folder / "bench"
    app.mkdir()
    (app / "__init__.py").touch()
    (app / "models.py").write_text(MODELS, encoding="utf-8")
    (folder / "bench_settings.py").write_text(SETTINGS, encoding="utf-8")
    with (folder / "account.json").open("w", encoding="utf-8") as file:
        for number, row in enumerate(rows(count)):
            fields = dict(zip(COLUMNS[1:], row[1:], strict=True))
            begin = "[" if number == 0 else ",\n"
            file.write(begin + json.dumps({"model": "bench.account", "pk": int(row[0]), "fields": fields}))
        file.write("]\n")


def loaddata(python: Path, folder: Path, url: str) -> list[str]:
    """Django's command that loads the fixture."""
    arguments = [str(python), "-m", "django", "loaddata", "account.json", "--settings", "bench_settings"]
    return ["env", f"BENCH_URL={url}", f"PYTHONPATH={folder}", *arguments]


def psql(program: str, url: str, script: Path) -> list[str]:
    """A script in one transaction."""
    return [program, "-Xq1", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", str(script)]


def scripts(count: int, folder: Path) -> tuple[Path, Path]:
    """The rows as INSERTs for psql, in one transaction: one for each row, and one for each thousand."""
    single, batched = folder / "single.sql", folder / "batched.sql"
    values = ["(" + ", ".join("'" + cell.replace("'", "''") + "'" for cell in row) + ")" for row in rows(count)]
    into = f"insert into account ({', '.join(COLUMNS)}) values "
    single.write_text("".join(f"{into}{each};\n" for each in values), encoding="utf-8")
    starts = range(0, count, BATCH)
    text = "".join(into + ",\n".join(values[start : start + BATCH]) + ";\n" for start in starts)
    batched.write_text(text, encoding="utf-8")
    return single, batched


def measure(server: Server, count: int, runs: int, folder: Path) -> list[Result]:
    """Run the contenders in turn, each into an empty table of a database of its own."""
    loads = Loads(server, count, folder)
    single, batched = scripts(count, folder)
    python = django(folder)
    prove = loads.prove

    def script(path: Path) -> list[str]:
        return psql(server.psql, loads.fresh(), path)

    contenders = [
        Contender(name="migrate seed, YAML", command=lambda: loads.seed(empty=True), after=prove),
        Contender(name="psql \\copy of CSV", command=loads.copy, after=prove),
        Contender(name=f"psql, INSERTs of {BATCH:,} rows", command=lambda: script(batched), after=prove),
        Contender(name="psql, an INSERT for each row", command=lambda: script(single), after=prove),
    ]
    if python is not None:
        fixture(count, folder)
        contenders.append(
            Contender(
                name="Django's loaddata of JSON", command=lambda: loaddata(python, folder, loads.fresh()), after=prove
            )
        )
    return side_by_side(contenders, runs, cwd=folder)


def main() -> int:
    """Read the command line, measure, print; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--dsn", help="a server whose role may create databases; an embedded one when not given")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="migrator-bench-"))
    try:
        with running(given.dsn) as server:
            where(server.describe())
            results = measure(server, given.rows, given.runs, folder)
    finally:
        shutil.rmtree(folder)
    rates = {result.name: f"{given.rows / result.wall:,.0f} rows/s" for result in results}
    table(f"{given.rows:,} rows into an empty table", results, rates)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
