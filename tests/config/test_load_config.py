"""Where each value of the configuration comes from, and what a wrong one gets."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from migrator.config import Address, Config, load_config
from migrator.errors import InputError


def write(folder: Path, **files: str) -> None:
    names = {"own": "migrator.toml", "shared": "pyproject.toml", "env": ".env"}
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / names[name]).write_text(text, encoding="utf-8")


def load(folder: Path, environ: dict[str, str] | None = None, **flags: object) -> Config:
    return load_config(flags, environ=environ or {}, cwd=folder)


def refusal(folder: Path, environ: dict[str, str] | None = None, **flags: object) -> InputError:
    with pytest.raises(InputError) as raised:
        load(folder, environ, **flags)
    return raised.value


def address(config: Config) -> tuple[str, str] | None:
    return (config.database.text, config.database.origin) if config.database else None


def test_without_anything_there_are_defaults(tmp_path: Path):
    """No file and no variable: the documented defaults, the current folder as root, and no address."""
    config = load(tmp_path)
    assert (
        config.root,
        config.database,
        config.migrations,
        config.seeds,
        config.env,
        config.lock_timeout,
        config.lock_retries,
        config.wait,
        config.schema,
        set(config.origins.values()),
    ) == (
        tmp_path,
        None,
        (tmp_path / "migrations",),
        (tmp_path / "seeds",),
        "local",
        5.0,
        10,
        60.0,
        "migrator",
        {"default"},
    )


def test_the_order_of_addresses(tmp_path: Path):
    """Flag > MIGRATOR_DATABASE > DATABASE_URL > .env > file > PG* variables; taking each away shows the next."""
    environ = {"MIGRATOR_DATABASE": "host=own", "DATABASE_URL": "host=url", "PGHOST": "pg"}
    write(tmp_path, shared='[tool.migrator]\ndatabase = "host=file"\n', env="DATABASE_URL=host=dotenv\n")
    found = [address(load(tmp_path, environ, database="host=flag"))]
    for name in ("MIGRATOR_DATABASE", "DATABASE_URL"):
        found.append(address(load(tmp_path, environ)))
        del environ[name]
    found.append(address(load(tmp_path, environ)))
    (tmp_path / ".env").unlink()
    found.append(address(load(tmp_path, environ)))
    (tmp_path / "pyproject.toml").unlink()
    found.append(address(load(tmp_path, environ)))
    assert found == [
        ("host=flag", "--database"),
        ("host=own", "MIGRATOR_DATABASE"),
        ("host=url", "DATABASE_URL"),
        ("host=dotenv", "DATABASE_URL in .env"),
        ("host=file", "[tool.migrator] database in pyproject.toml"),
        ("", "PGHOST"),
    ]


def test_a_variable_of_the_environment_beats_a_stronger_one_of_dotenv(tmp_path: Path):
    """What a deploy sets is not undone by a file that a developer left there."""
    write(tmp_path, env="MIGRATOR_DATABASE=host=dotenv\nPGUSER=me\n")
    config = load(tmp_path, {"DATABASE_URL": "host=url"})
    assert (address(config), config.environ["PGUSER"]) == (("host=url", "DATABASE_URL"), "me")


def test_an_empty_variable_is_not_set(tmp_path: Path):
    """CI gives empty texts for secrets that it does not have; they name no database."""
    write(tmp_path, own='database = "host=file"\n')
    assert address(load(tmp_path, {"DATABASE_URL": " "})) == ("host=file", "database in migrator.toml")


def test_every_key_from_a_file(tmp_path: Path):
    """Each key of the configuration is read, with its type, from a file."""
    write(
        tmp_path,
        own="""
database = "embedded:data"
migrations = ["db/core", "db/shop"]
seeds = "db/seeds"
env = "preview"
supabase = true
role = "postgres"
ledger = "supabase"
out_of_order = true
lock_timeout = "500ms"
lock_retries = 3
wait = "2min"
pool_size = 6
scratch = "docker:postgres:17"
schema = "ledger"
readers = ["reporting"]
[[ignore]]
object = "table public.old"
reason = "it goes next month"
until = 2027-01-31
""",
    )
    config = load(tmp_path)
    assert (
        address(config),
        config.migrations,
        config.seeds,
        config.env,
        config.supabase,
        config.role,
        config.ledger,
        config.out_of_order,
        config.lock_timeout,
        config.lock_retries,
        config.wait,
        config.pool_size,
        config.scratch,
        config.schema,
        config.readers,
        [(each.kind, each.object, each.reason, each.until, str(each.where)) for each in config.ignore],
        config.origins["wait"],
        config.told,
    ) == (
        ("embedded:data", "database in migrator.toml"),
        (tmp_path / "db/core", tmp_path / "db/shop"),
        (tmp_path / "db/seeds",),
        "preview",
        True,
        "postgres",
        "supabase",
        True,
        0.5,
        3,
        120.0,
        6,
        Address("docker:postgres:17", "scratch in migrator.toml"),
        "ledger",
        ("reporting",),
        [("table", "public.old", "it goes next month", date(2027, 1, 31), f"{tmp_path}/migrator.toml:17:1")],
        "wait in migrator.toml",
        (),
    )


def test_every_key_from_the_environment(tmp_path: Path):
    """Each lasting option has a variable, whose text is read like the file's value; it beats the file."""
    write(tmp_path, own="wait = 1\nout_of_order = false\n")
    config = load(
        tmp_path,
        {
            "MIGRATOR_MIGRATIONS": "a,b",
            "MIGRATOR_WAIT": "1.5s",
            "MIGRATOR_OUT_OF_ORDER": "yes",
            "MIGRATOR_LOCK_RETRIES": "0",
            "MIGRATOR_READERS": "x, y",
            "MIGRATOR_SUPABASE": "0",
        },
    )
    assert (
        config.migrations,
        config.wait,
        config.out_of_order,
        config.lock_retries,
        config.readers,
        config.supabase,
        config.origins["wait"],
    ) == ((tmp_path / "a", tmp_path / "b"), 1.5, True, 0, ("x", "y"), False, "MIGRATOR_WAIT")


@pytest.mark.parametrize(
    ("written", "expected"),
    [(5, 5.0), (0.25, 0.25), ("5", 5.0), ("5s", 5.0), ("500ms", 0.5), ("2min", 120.0), ("1h", 3600.0), ("1.5 s", 1.5)],
)
def test_durations(tmp_path: Path, written: object, expected: float):
    """A duration is a number of seconds or a text with its unit."""
    assert load(tmp_path, wait=written).wait == expected


def test_the_nearest_file_upward_is_taken(tmp_path: Path):
    """From a folder inside the project its file is found; a pyproject.toml without our table is passed over."""
    write(tmp_path, shared='[tool.migrator]\nenv = "outer"\n')
    write(tmp_path / "package", shared='[project]\nname = "x"\n')
    inner = tmp_path / "package" / "src"
    inner.mkdir()
    config = load(inner)
    assert (config.env, config.root, config.migrations) == ("outer", tmp_path, (tmp_path / "migrations",))


def test_our_own_file_comes_before_the_shared_one(tmp_path: Path):
    """In one folder `migrator.toml` is taken and `[tool.migrator]` is not."""
    write(tmp_path, own='env = "own"\n', shared='[tool.migrator]\nenv = "shared"\n')
    assert load(tmp_path).env == "own"


def test_a_named_file_is_taken(tmp_path: Path):
    """`--config` and MIGRATOR_CONFIG name a file, whose folder is the root; the flag is stronger."""
    write(tmp_path / "a", own='env = "a"\n')
    write(tmp_path / "b", own='env = "b"\n')
    environ = {"MIGRATOR_CONFIG": "a/migrator.toml"}
    found = load(tmp_path, environ), load(tmp_path, environ, config="b/migrator.toml")
    assert [(config.env, config.root) for config in found] == [("a", tmp_path / "a"), ("b", tmp_path / "b")]


def test_relative_folders_of_flags_count_from_the_current_folder(tmp_path: Path):
    """A flag is typed where one stands; a file is written for the project."""
    write(tmp_path, own='migrations = "m"\nseeds = "s"\n')
    inner = tmp_path / "inner"
    inner.mkdir()
    config = load(inner, migrations="mine", database="embedded:pg")
    base = config.database.base if config.database else None
    assert (config.migrations, config.seeds, address(config), base) == (
        (inner / "mine",),
        (tmp_path / "s",),
        ("embedded:pg", "--database"),
        inner,
    )


def test_paths_are_shown_as_the_user_would_write_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Folders beneath the current one are relative to it, others absolute."""
    write(tmp_path, own='migrations = ["inner/m", "other"]\n')
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    assert load_config({}, environ={}).migrations == (Path("m"), tmp_path / "other")


def test_variables_inside_the_address(tmp_path: Path):
    """`${VAR}` takes a variable of the environment or of .env; `$${` stands for itself."""
    write(tmp_path, own="database = 'host=${HOST} password=$${x} user=${WHO}'\n", env="WHO=me\n")
    assert address(load(tmp_path, {"HOST": "h"})) == (
        "host=h password=${x} user=me",
        "database in migrator.toml",
    )


def test_a_missing_variable_inside_the_address_is_named(tmp_path: Path):
    """A reference to nothing is an error at its place, never an address with a hole."""
    write(tmp_path, own='env = "x"\ndatabase = "${PROD_URL}"\n')
    error = refusal(tmp_path)
    assert (error.code, error.message, str(error.where), error.hint) == (
        "configuration-variable",
        "`database` refers to the variable `PROD_URL`, which is not set",
        f"{tmp_path}/migrator.toml:2:1",
        "set `PROD_URL` in the environment or in `.env`, or give `--database ADDRESS`",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '[project]\nname = "x"\n[tool.migrator]\nenv = "x"\n  lock_timeut = 5\n',
            (
                "configuration-key",
                "unknown key `lock_timeut` in `pyproject.toml`",
                (5, 3, 11),
                "did you mean `lock_timeout`?",
            ),
        ),
        (
            "[tool.migrator]\nwait = true\n",
            (
                "configuration-value",
                (
                    "`wait` from [tool.migrator] wait in pyproject.toml is not a duration such as `5`, "
                    '`"5s"`, `"500ms"` or `"2min"`'
                ),
                (2, 1, 4),
                None,
            ),
        ),
        (
            '[tool.migrator]\nledger = "rails"\n',
            (
                "configuration-value",
                "`ledger` from [tool.migrator] ledger in pyproject.toml is not `yoyo` or `supabase`",
                (2, 1, 6),
                None,
            ),
        ),
        (
            "[tool.migrator]\npool_size = 0\n",
            (
                "configuration-value",
                "`pool_size` from [tool.migrator] pool_size in pyproject.toml is not a whole number from 1 on",
                (2, 1, 9),
                None,
            ),
        ),
        (
            "[tool.migrator]\nmigrations = [1]\n",
            (
                "configuration-value",
                "`migrations` from [tool.migrator] migrations in pyproject.toml is not a text or a list of texts",
                (2, 1, 10),
                None,
            ),
        ),
        (
            '[tool.migrator]\n"supabase" = "maybe"\n',
            (
                "configuration-value",
                "`supabase` from [tool.migrator] supabase in pyproject.toml is not `true` or `false`",
                (2, 1, 10),
                None,
            ),
        ),
        (
            "[tool.migrator]\nignore = 1\n",
            (
                "configuration-value",
                (
                    "`ignore` from [tool.migrator] ignore in pyproject.toml is not a list of tables of texts, "
                    "written `[[ignore]]`"
                ),
                (2, 1, 6),
                None,
            ),
        ),
        (
            "[tool.migrator]\nwait = = 5\n",
            ("configuration-syntax", "`pyproject.toml` is not valid TOML", (2, 8, 1), None),
        ),
    ],
)
def test_what_is_wrong_in_a_file_has_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, expected: tuple[object, ...]
):
    """Unknown keys, wrong types and broken TOML are told with path, line, column and width."""
    write(tmp_path, shared=text)
    monkeypatch.chdir(tmp_path)
    error = refusal(tmp_path)
    assert error.where is not None
    assert (
        error.code,
        error.message,
        (error.where.line, error.where.column, error.where.width),
        error.hint,
    ) == expected
    assert error.where.path == "pyproject.toml"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('role = "a\\u0000b"', "`role` from role in migrator.toml is not a name of at most 63 bytes"),
        (f'schema = "{"x" * 64}"', "`schema` from schema in migrator.toml is not a name of at most 63 bytes"),
        (
            f'readers = ["ci", "{"ü" * 32}"]',
            "`readers` from readers in migrator.toml is not a name of at most 63 bytes",
        ),
        ('env = " "', "`env` from env in migrator.toml is not a text that says something"),
        ('env = "a\\u0000b"', "`env` from env in migrator.toml is not a text without NUL"),
        ('migrations = "a\\u0000b"', "`migrations` from migrations in migrator.toml is not a text or a list of texts"),
        (
            'wait = "1000h"',
            (
                '`wait` from wait in migrator.toml is not a duration such as `5`, `"5s"`, `"500ms"` or `"2min"`, '
                "24 days at most"
            ),
        ),
    ],
)
def test_what_the_server_could_not_take_is_refused_at_once(tmp_path: Path, text: str, expected: str):
    """Names that it would cut off, NUL, times that it cannot count: told at the key, not by a failure later."""
    write(tmp_path, own=text)
    assert refusal(tmp_path).message == expected


def test_the_section_of_the_shared_file_in_our_own_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """`[tool.migrator]` belongs into pyproject.toml: in `migrator.toml` the way out is told, not a similar key."""
    write(tmp_path, own='[tool.migrator]\ndatabase = "embedded:"\n')
    monkeypatch.chdir(tmp_path)
    error = refusal(tmp_path)
    assert error.where is not None
    assert (error.message, error.where.line, error.hint) == (
        "unknown key `tool` in `migrator.toml`",
        1,
        "in migrator.toml the keys stand at the top, without `[tool.migrator]`",
    )


def test_a_file_that_is_not_text_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Bytes that are not UTF-8 are no configuration."""
    (tmp_path / "migrator.toml").write_bytes(b"env = '\xff'\n")
    monkeypatch.chdir(tmp_path)
    assert refusal(tmp_path).message == "cannot read the configuration `migrator.toml`: it is not UTF-8 text"


def test_a_named_file_that_is_missing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """`--config` with a wrong name is an error, not a default."""
    monkeypatch.chdir(tmp_path)
    error = refusal(tmp_path, config="nope.toml")
    assert (error.code, error.message, error.hint) == (
        "configuration-unreadable",
        "cannot read the configuration `nope.toml`: No such file or directory",
        "`--config` names another file",
    )


def test_a_wrong_value_of_a_flag_or_a_variable_names_it(tmp_path: Path):
    """A value is blamed on what the user typed."""
    found = refusal(tmp_path, wait="soon"), refusal(tmp_path, {"MIGRATOR_LOCK_RETRIES": "-1"})
    assert [error.message for error in found] == [
        '`wait` from --wait is not a duration such as `5`, `"5s"`, `"500ms"` or `"2min"`',
        "`lock_retries` from MIGRATOR_LOCK_RETRIES is not a whole number from 0 on",
    ]


@pytest.mark.parametrize(
    ("folders", "files", "expected"),
    [
        (
            ("supabase/migrations",),
            {},
            (
                "supabase/migrations",
                [
                    (
                        "migrations are read from `supabase/migrations`: there is no `migrations`, and no "
                        "`migrations` is configured"
                    )
                ],
            ),
        ),
        (
            ("supabase/migrations", "migrations"),
            {"own": ""},
            (
                "migrations",
                [
                    (
                        "migrations are read from `migrations`: it comes before `supabase/migrations`, and no "
                        "`migrations` is configured"
                    )
                ],
            ),
        ),
        (
            ("migrations",),
            {},
            (
                "migrations",
                [
                    (
                        "migrations are read from `migrations`: there is no migrator.toml, and no pyproject.toml with "
                        "`[tool.migrator]`"
                    )
                ],
            ),
        ),
        (("migrations",), {"own": ""}, ("migrations", [])),
        (("supabase/migrations",), {"own": 'migrations = "db"'}, ("db", [])),
    ],
)
def test_which_folder_of_migrations_is_taken_and_why(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    folders: tuple[str, ...],
    files: dict[str, str],
    expected: tuple[str, list[str]],
):
    """Without a configured folder the one that exists is taken, and the user is told which and why."""
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)
    write(tmp_path, **files)
    monkeypatch.chdir(tmp_path)
    config = load_config({}, environ={})
    assert (str(config.migrations[0]), [told.message for told in config.told]) == expected


def test_an_embedded_database_of_a_file_is_announced_in_ci(tmp_path: Path):
    """With CI=true the first thing told is that nothing but the file named the database, and which secret was empty."""
    write(tmp_path, shared='[tool.migrator]\ndatabase = "embedded:"\n')
    silent = load(tmp_path), load(tmp_path, {"CI": "true"}, database="embedded:")
    told = load(tmp_path, {"CI": "true", "DATABASE_URL": ""}).told
    assert ([config.told for config in silent], [notice.message for notice in told]) == (
        [(), ()],
        [
            (
                "CI is set, and the database is the embedded one of this checkout: [tool.migrator] database in "
                "pyproject.toml says so; `DATABASE_URL` is empty"
            )
        ],
    )


def test_an_address_is_never_shown(tmp_path: Path):
    """Neither the configuration nor its address has the password in its repr, the environment included."""
    environ = {"DATABASE_URL": "postgresql://u:hunter2@h/d", "PGPASSWORD": "hunter3"}
    config = load(tmp_path, environ, scratch="host=x password=hunter4")
    assert "hunter" not in repr(config) + str(config.database)


def test_loading_is_light():
    """Reading the configuration imports no driver, no parser of seeds and nothing for the terminal."""
    code = (
        "import sys; from migrator.config import load_config; load_config({'database': 'host=x'}, environ={}); "
        "print(sorted({'asyncpg', 'yoyo', 'yaml', 'rich', 'click', 'dotenv'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.curdir},
    )
    assert done.stdout == "[]\n"
