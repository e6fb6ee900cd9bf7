"""A workload in the files that each peer reads."""

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from workloads import Change

Write = Callable[[Path, Sequence[Change]], None]

ALEMBIC = """import os
from alembic import context
from sqlalchemy import create_engine, pool

engine = create_engine(os.environ["SQLALCHEMY_URL"], poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
"""

DJANGO = """import os
SECRET_KEY = "bench"
USE_TZ = True
INSTALLED_APPS = ["bench"]
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": os.environ["BENCH_DATABASE"],
    "USER": os.environ["BENCH_USER"], "HOST": os.environ["BENCH_HOST"], "PORT": os.environ["BENCH_PORT"],
    "OPTIONS": {"sslmode": "disable"}}}
"""

DRIZZLE = """import pg from 'pg';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';

const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
await client.connect();
await migrate(drizzle(client), { migrationsFolder: './drizzle' });
await client.end();
"""


def _file(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _stamp(number: int) -> str:
    """Fourteen digits, a minute apart."""
    return (datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=number)).strftime("%Y%m%d%H%M%S")


def yoyo(folder: Path, changes: Sequence[Change]) -> None:
    """Also what `migrate` reads."""
    before = ""
    for change in changes:
        name = f"{change.number:04d}.{change.name}"
        _file(folder / f"{name}.sql", f"-- {change.name}\n-- depends: {before}\n\n{change.sql}")
        before = name


def psql(folder: Path, changes: Sequence[Change]) -> None:
    """A file each, and two scripts: a transaction for each; in `all-once.psql` only the last waits for the disk."""
    every, once = [], []
    for change in changes:
        path = folder / f"{change.number:04d}_{change.name}.sql"
        _file(path, change.sql)
        last = change.number == len(changes)
        every.append(f"begin;\n\\i '{path}'\ncommit;\n")
        once.append(every[-1] if last else every[-1].replace("begin;", "begin; set local synchronous_commit = off;"))
    _file(folder / "all.psql", "".join(every))
    _file(folder / "all-once.psql", "".join(once))


def alembic(folder: Path, changes: Sequence[Change]) -> None:
    """Python files that execute the statements."""
    _file(folder / "alembic.ini", "[alembic]\nscript_location = %(here)s\npath_separator = os\n")
    _file(folder / "env.py", ALEMBIC)
    before: str | None = None
    for change in changes:
        revision = f"{change.number:012x}"
        calls = "".join(f'    op.execute(r"""{statement}""")\n' for statement in change.statements)
        _file(
            folder / "versions" / f"{revision}_{change.name}.py",
            f"from alembic import op\n\nrevision = {revision!r}\ndown_revision = {before!r}\n\n\n"
            f"def upgrade():\n{calls}\n\ndef downgrade():\n    pass\n",
        )
        before = revision


def django(folder: Path, changes: Sequence[Change]) -> None:
    """An application whose migrations are `RunSQL` operations."""
    _file(folder / "bench" / "__init__.py", "")
    _file(folder / "bench" / "migrations" / "__init__.py", "")
    _file(folder / "settings.py", DJANGO)
    before: str | None = None
    for change in changes:
        name = f"{change.number:04d}_{change.name}"
        operations = "".join(f'        migrations.RunSQL(r"""{statement}"""),\n' for statement in change.statements)
        dependencies = [] if before is None else [("bench", before)]
        _file(
            folder / "bench" / "migrations" / f"{name}.py",
            "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n"
            f"    dependencies = {dependencies!r}\n    operations = [\n{operations}    ]\n",
        )
        before = name


def dbmate(folder: Path, changes: Sequence[Change]) -> None:
    """Both directions in a file."""
    for change in changes:
        text = f"-- migrate:up\n{change.sql}\n-- migrate:down\n"
        _file(folder / f"{_stamp(change.number)}_{change.name}.sql", text)


def node_pg_migrate(folder: Path, changes: Sequence[Change]) -> None:
    """Both directions in a file; the name begins with milliseconds."""
    for change in changes:
        text = f"-- Up Migration\n{change.sql}\n-- Down Migration\n"
        _file(folder / f"{1704067200000 + change.number}_{change.name}.sql", text)


def graphile_migrate(folder: Path, changes: Sequence[Change]) -> None:
    """A chain of hashes, each over the one before and the text."""
    _file(folder / ".gmrc", "{}")
    _file(folder / "migrations" / "current.sql", "-- nothing\n")
    before = ""
    for change in changes:
        body = change.sql.strip()
        digest = hashlib.sha1(f"{before}\n{body}".strip().encode() + b"\n").hexdigest()  # noqa: S324 - its own format
        header = f"--! Previous: {before or '-'}\n--! Hash: sha1:{digest}\n\n"
        _file(folder / "migrations" / "committed" / f"{change.number:06d}.sql", f"{header}{body}\n")
        before = f"sha1:{digest}"


def postgrator(folder: Path, changes: Sequence[Change]) -> None:
    """A file for each direction."""
    for change in changes:
        _file(folder / f"{change.number:04d}.do.{change.name}.sql", change.sql)


def knex(folder: Path, changes: Sequence[Change]) -> None:
    """JavaScript that runs raw SQL."""
    _file(
        folder / "knexfile.js",
        "module.exports = { client: 'pg', connection: process.env.DATABASE_URL,"
        " migrations: { directory: './migrations' } };\n",
    )
    for change in changes:
        calls = "".join(f"  await knex.raw(String.raw`{statement}`);\n" for statement in change.statements)
        _file(
            folder / "migrations" / f"{_stamp(change.number)}_{change.name}.js",
            f"exports.up = async (knex) => {{\n{calls}}};\nexports.down = async () => {{}};\n",
        )


def drizzle(folder: Path, changes: Sequence[Change]) -> None:
    """Files and a journal, applied by the library's own function."""
    _file(folder / "migrate.mjs", DRIZZLE)
    entries = []
    for change in changes:
        tag = f"{change.number - 1:04d}_{change.name}"
        body = "\n--> statement-breakpoint\n".join(f"{statement};" for statement in change.statements)
        _file(folder / "drizzle" / f"{tag}.sql", f"{body}\n")
        index, when = change.number - 1, 1704067200000 + change.number * 1000
        entries.append({"idx": index, "version": "7", "when": when, "tag": tag, "breakpoints": True})
    journal = {"version": "7", "dialect": "postgresql", "entries": entries}
    _file(folder / "drizzle" / "meta" / "_journal.json", json.dumps(journal))


def sqitch(folder: Path, changes: Sequence[Change]) -> None:
    """A plan and deploy scripts."""
    _file(
        folder / "sqitch.conf",
        "[core]\n\tengine = pg\n\ttop_dir = .\n[user]\n\tname = Bench\n\temail = bench@localhost\n",
    )
    plan = ["%syntax-version=1.0.0", "%project=bench", ""]
    for change in changes:
        name = f"{change.number:04d}_{change.name}"
        _file(folder / "deploy" / f"{name}.sql", f"-- Deploy bench:{name} to pg\n\nBEGIN;\n\n{change.sql}\nCOMMIT;\n")
        when = (datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=change.number)).strftime("%Y-%m-%dT%H:%M:%SZ")
        plan.append(f"{name} {when} Bench <bench@localhost> # {change.name}")
    _file(folder / "sqitch.plan", "\n".join(plan) + "\n")


def supabase(folder: Path, changes: Sequence[Change]) -> None:
    """The folder of the Supabase CLI."""
    _file(folder / "supabase" / "config.toml", 'project_id = "bench"\n[db]\nmajor_version = 15\n')
    for change in changes:
        _file(folder / "supabase" / "migrations" / f"{_stamp(change.number)}_{change.name}.sql", change.sql)
