"""Reading a folder: what a migration's files mean, and every way in which they can be wrong."""

import subprocess
import sys
from pathlib import Path

import pytest

from migrator.errors import InputError
from migrator.migrating.books.yoyo_tables import hash_of
from migrator.migrating.files import folder
from migrator.migrating.files.reading import read_migrations


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write files into a folder `migrations` and read it as a command in the folder above would."""
    monkeypatch.chdir(tmp_path)

    def make(files: dict[str, str | bytes], name: str = "migrations"):
        for path, content in files.items():
            target = tmp_path / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_migrations(folder.find((tmp_path / name,)))

    return make


def refused(read, files: dict[str, str | bytes], name: str = "migrations") -> InputError:
    """The error that reading these files raises."""
    with pytest.raises(InputError) as caught:
        read(files, name)
    return caught.value


def said(error: InputError) -> tuple[str, str, str]:
    """An error's code, place and message."""
    return error.code, str(error.where), error.message


def texts(script) -> list[str]:
    """The text of every unit."""
    return [script.source.text[unit.start : unit.end] for unit in script.statements]


def test_reads_yoyos_format(read):
    """Title, dependencies over several lines, the directive, statements and the rollback beside it."""
    first, second = read(
        {
            "0001.a.sql": "create table a ();",
            "0002.b.sql": "-- add b\n-- depends: 0001.a\n-- transactional: FALSE\n\nvacuum;\nselect ';';",
            "0002.b.rollback.sql": "drop table b",
        }
    )
    assert (first.id, first.title, first.depends, first.transactional, first.down) == ("0001.a", "", (), True, None)
    assert (second.title, second.depends, second.transactional) == ("add b", ("0001.a",), False)
    assert texts(second.up) == ["vacuum", "select ';'"]
    assert texts(second.down) == ["drop table b"]
    assert second.path == "migrations/0002.b.sql"


def test_orders_naturally_and_by_dependency(read):
    """Numbers count as numbers; a dependency comes before what needs it, everything else stays in place."""
    files = {f"V1_{number}_0.sql": "" for number in (10, 5, 2)}
    assert [each.id for each in read(files)] == ["V1_2_0", "V1_5_0", "V1_10_0"]
    ordered = read({"V1_2_0.sql": "-- depends: V1_10_0\n"})
    assert [each.id for each in ordered] == ["V1_5_0", "V1_10_0", "V1_2_0"]


def test_our_key_is_yoyos():
    """The ledger's key is what yoyo computes from an id."""
    from yoyo.migrations import get_migration_hash

    assert hash_of("0001.ümlaut") == get_migration_hash("0001.ümlaut")


def test_a_byte_order_mark_does_not_hide_directives(read):
    """A file saved with a BOM means what it says; yoyo would take its first directive for a comment."""
    (only,) = read({"0001.a.sql": b"\xef\xbb\xbf-- transactional: false\r\nvacuum;\r\n"})
    assert only.transactional is False
    assert texts(only.up) == ["vacuum"]


def test_hashes_ignore_line_ends_and_tell_comments_from_code(read):
    """CRLF is the same file; comments and white space change one hash, code changes both."""
    plain, crlf, commented, other = read(
        {
            "1.sql": "select 1;\n",
            "2.sql": "select 1;\r\n",
            "3.sql": "-- new\nselect  1 ;\n",
            "4.sql": "select 2;\n",
        }
    )
    assert plain.sha256 == crlf.sha256
    assert plain.sha256 != commented.sha256
    assert plain.sha256_without_comments == commented.sha256_without_comments
    assert plain.sha256_without_comments != other.sha256_without_comments


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("-- depend: a\n", "unknown-directive", "1:4"),
        ("-- Depends: a\n", "unknown-directive", "1:4"),
        ("-- transactional: maybe\n", "invalid-directive", "1:19"),
        ("select 1;\n-- transactional: false\nvacuum;", "late-directive", "2:4"),
        ("/* licence */\n-- transactional: false\nvacuum;", "late-directive", "2:4"),
        ("-- depends: 0009.x\n", "unknown-dependency", "1:13"),
        ("select 1;\nselect 'open", "unterminated-string", "2:8"),
        ("select 1;\n\\connect other\n", "psql-command", "2:1"),
        ("\\restrict abc\nselect 1;", "psql-command", "1:1"),
        ("copy t from stdin;\n1\n\\.\n", "copy-from-stdin", "1:1"),
        ("select 1;\n  COPY t (a, b) FROM /* x */ STDIN WITH (format csv);", "copy-from-stdin", "2:3"),
        ("create table t ();\ncommit;\ncreate table u ();", "transaction-control", "2:1"),
        ("create table t ();\nrollback;", "transaction-control", "2:1"),
        ("begin;\ncreate table t ();", "transaction-control", "1:1"),
        ("create index concurrently i on t (a);", "needs-no-transaction", "1:1"),
        ("select 1;\nvacuum full;", "needs-no-transaction", "2:1"),
        ("set client_encoding = 'latin1';", "client-encoding", "1:1"),
        ("set standard_conforming_strings to off;", "standard-conforming-strings", "1:1"),
        ("-- transactional: false\nbegin;\nvacuum;\ncommit;", "transaction-control", "3:1"),
        ("-- transactional: false\nselect 1;\ncommit;", "transaction-control", "3:1"),
        ("-- transactional: false\nbegin;\nselect 1;", "transaction-control", "2:1"),
        ("-- transactional: false\nsavepoint a;", "transaction-control", "2:1"),
        ("-- transactional: false\nlock table t;\nselect 1;", "needs-transaction", "2:1"),
        ("-- transactional: false\nset local search_path = a;", "needs-transaction", "2:1"),
        ("-- transactional: false\nselect 1;\n create temp table t () on commit drop;", "needs-transaction", "3:2"),
    ],
)
def test_refuses_at_the_place(read, text, code, place):
    """What cannot run, or would not mean what it says, is refused at its line and column."""
    error = refused(read, {"0001.a.sql": text})
    assert (error.code, str(error.where)) == (code, f"migrations/0001.a.sql:{place}")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (
            "create table t ();\ncommit;\ncreate index concurrently i on t (a);\nbegin;\nselect 1;",
            (
                "put `-- transactional: false` at the top of the file, `BEGIN;` before its first statement "
                "and `COMMIT;` behind its last one"
            ),
        ),
        (
            "begin;\ncreate table t ();\ncommit;\nvacuum t;\nbegin;\nselect 1;\ncommit;",
            "put `-- transactional: false` at the top of the file",
        ),
        (
            "-- transactional: false\ncreate table t ();\ncommit;\nvacuum t;\nbegin;\nselect 1;",
            "put `BEGIN;` before the first statement that belongs to it: a group begins with BEGIN",
        ),
        (
            "-- transactional: false\nvacuum t;\nbegin;\nselect 1;",
            "put `COMMIT;` behind the last statement that belongs to it",
        ),
        (
            "-- transactional: false\nbegin;\nvacuum t;\ncommit;",
            "move it out of the group that `BEGIN` opens in line 2: it cannot run in a transaction",
        ),
        (
            "-- transactional: false\nbegin;\nselect 1;\nbegin;",
            "end the group that `BEGIN` opens in line 2 with `COMMIT;` before it",
        ),
    ],
)
def test_says_how_to_step_out_of_a_transaction(read, text, hint):
    """`COMMIT; CREATE INDEX CONCURRENTLY ...; BEGIN;` takes a transaction for granted, and what it lacks is said."""
    error = refused(read, {"0001.a.sql": text})
    assert (error.code, error.hint) == ("transaction-control", hint)


def test_what_lasts_as_long_as_a_transaction_may_stand_in_a_group(read):
    """In BEGIN ... COMMIT it has something to last for."""
    text = "-- transactional: false\nbegin; lock table t; set local search_path = a; select 1; commit; vacuum;"
    (only,) = read({"1.sql": text})
    assert [(unit.alone, unit.name) for unit in only.up.statements] == [(False, ""), (True, "VACUUM")]


def test_what_may_commit_by_itself_is_sent_alone(read):
    """CALL, and DO with COMMIT in its body, stand outside of every transaction of ours; any other DO does not."""
    text = "-- transactional: false\ncall p();\ndo $$ begin commit; end $$;\ndo $$ begin null; end $$;"
    (only,) = read({"1.sql": text})
    assert [(unit.alone, unit.name) for unit in only.up.statements] == [(True, "CALL"), (True, "DO"), (False, "")]


def test_refuses_bytes_that_are_no_text(read):
    """Bytes outside UTF-8 and NUL are refused at their place."""
    latin = refused(read, {"0001.a.sql": "select 'ok';\nselect 'é';".encode("latin-1")})
    assert (latin.code, str(latin.where)) == ("not-utf8", "migrations/0001.a.sql:2:9")
    nul = refused(read, {"0001.a.sql": b"select 1;\n\0"})
    assert (nul.code, str(nul.where)) == ("nul-character", "migrations/0001.a.sql:2:1")


def test_a_directive_inside_a_body_is_a_comment(read):
    """A function's body may hold any comment."""
    (only,) = read({"1.sql": "do $$ begin\n-- transactional: false\nnull; end $$;"})
    assert only.transactional is True


def test_unknown_dependency_names_the_nearest(read):
    """A dependency that does not exist is an error that names the nearest id."""
    error = refused(read, {"0001.create-users.sql": "", "0002.b.sql": "-- depends: 0001.create-user\n"})
    assert said(error) == (
        "unknown-dependency",
        "migrations/0002.b.sql:1:13",
        "`0002.b` depends on `0001.create-user`, which does not exist",
    )
    assert error.hint == "the nearest id is `0001.create-users`"


def test_a_cycle_prints_its_path(read):
    """A circle of dependencies is printed as the way around it, at one of its directives."""
    error = refused(read, {"a.sql": "-- depends: c\n", "b.sql": "-- depends: a\n", "c.sql": "-- depends: b\n"})
    assert error.code == "dependency-cycle"
    path = error.message.removeprefix("these migrations depend on one another in a circle: ").split(" -> ")
    assert (len(path), path[0] == path[-1], set(path)) == (4, True, {"`a`", "`b`", "`c`"})
    first, needs = path[0].strip("`"), path[1].strip("`")
    assert error.where is not None
    assert (error.where.path, error.where.excerpt) == (f"migrations/{first}.sql", f"-- depends: {needs}")


def test_two_files_of_one_id(read, tmp_path):
    """One id in two folders, or as `.sql` and `.py`, is an error that names both."""
    error = refused(read, {"0001.a.sql": "", "0001.a.py": ""})
    assert error.code == "duplicate-migration"
    assert error.message == "two files have the id `0001.a`: `migrations/0001.a.py` and `migrations/0001.a.sql`"
    (tmp_path / "more").mkdir()
    (tmp_path / "migrations" / "0001.a.py").unlink()
    (tmp_path / "more" / "0001.a.sql").touch()
    with pytest.raises(InputError, match=r"`migrations/0001\.a\.sql` and `more/0001\.a\.sql`"):
        folder.find((tmp_path / "migrations", tmp_path / "more"))


def test_every_problem_of_all_files_at_once(read):
    """Several broken files are one error with all of them as causes."""
    error = refused(read, {"1.sql": "vacuum", "2.sql": "'", "3.sql": "select 1"})
    assert error.message == "2 migrations cannot be read"
    assert [cause.code for cause in error.causes] == ["needs-no-transaction", "unterminated-string"]


def test_a_rollback_without_its_migration(read):
    """A rollback file whose migration is not there is a mistake in a name."""
    assert refused(read, {"0001.a.sql": "", "0001.b.rollback.sql": ""}).code == "orphan-rollback"


def test_supabase_folders(read, tmp_path):
    """Versions are the digits; rollbacks live beside the folder, for inside it the Supabase CLI would apply them."""
    name = "supabase/migrations"
    (tmp_path / "supabase/rollbacks").mkdir(parents=True)
    (tmp_path / "supabase/rollbacks/20240101000000_a.sql").write_text("drop table a")
    (only,) = read({"20240101000000_a.sql": "create table a ();"}, name)
    assert texts(only.down) == ["drop table a"]
    twice = refused(read, {"20240101000000_b.sql": ""}, name)
    assert twice.code == "duplicate-migration"
    (tmp_path / "supabase/migrations/20240101000000_b.sql").unlink()
    inside = refused(read, {"20240101000000_a.rollback.sql": ""}, name)
    assert inside.code == "rollback-in-supabase-folder"


def test_groups_of_a_file_without_a_transaction(read):
    """BEGIN ... COMMIT is one unit with its modes; what cannot run in a transaction is marked, and what waits too."""
    text = (
        "-- transactional: false\nselect 0;\nbegin isolation level serializable;\nselect 1;\nselect 2;\ncommit;\n"
        "create index concurrently i on t (a);\nvacuum;\nbegin; commit;"
    )
    (only,) = read({"1.sql": text})
    assert texts(only.up) == [
        "select 0",
        "select 1;\nselect 2",
        "create index concurrently i on t (a)",
        "vacuum",
    ]
    assert [(unit.alone, unit.patient) for unit in only.up.statements] == [
        (False, False),
        (False, False),
        (True, True),
        (True, False),
    ]
    assert only.up.statements[1].modes == "isolation level serializable"


def test_set_transaction_moves_into_our_begin(read):
    """SET TRANSACTION as the first statement becomes the mode of our BEGIN: after our fence it would be too late."""
    (only,) = read({"1.sql": "set transaction isolation level repeatable read;\nselect 1;"})
    assert (only.up.modes, texts(only.up)) == ("isolation level repeatable read", ["select 1"])


def test_reads_the_example(monkeypatch):
    """The project's own folder is read as it stands."""
    root = Path(__file__).parents[2]
    monkeypatch.chdir(root)
    (only,) = read_migrations(folder.find((root / "migrations",)))
    assert (only.id, only.title) == ("0001.create-users", "create the users table")


def test_finding_files_imports_no_yoyo():
    """A deploy that changes nothing pays for reading files, not for yoyo."""
    code = "import sys, migrator.migrating; assert 'yoyo' not in sys.modules, 'yoyo'"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_enum_value_that_is_used_too_early_is_warned_of(read):
    """A value that a file adds and uses is a warning at the use: PostgreSQL will refuse it in one transaction."""
    (only,) = read({"1.sql": "alter type mood add value 'great';\nupdate t set m = 'great';"})
    assert [(each.message, str(each.where)) for each in only.warnings] == [
        (
            "the new value `great` of the enum `mood` seems to be used before it is committed",
            "migrations/1.sql:2:1",
        )
    ]
