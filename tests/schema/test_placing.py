"""Which file of a snapshot an object stands in, and what that is called on every file system."""

import json
from pathlib import PurePosixPath

from hypothesis import given, settings
from hypothesis import strategies as st

from migrator.schema.placing import file_name, identifiers, places


def where(*keys: tuple[str, str]) -> list[str]:
    """The files of some objects, in their order."""
    found = places(dict.fromkeys(keys, "{}"))
    return [str(found[key]) for key in keys]


def test_what_belongs_to_a_table_is_in_its_file():
    """Columns, indexes, policies ... and comments on them stand with their table, view or domain."""
    assert (
        where(
            ("table", "public.orders"),
            ("column", "public.orders.id"),
            ("policy", 'public.orders."own rows"'),
            ("comment", "table public.orders"),
            ("comment", "column public.orders.id"),
            ("security label", "column public.orders.id"),
        )
        == ["schemas/public/table/orders.txt"] * 6
    )
    assert where(
        ("view", "public.emails"),
        ("column", "public.emails.email"),
        ("materialized view", "app.totals"),
        ("type", "app.positive"),
        ("constraint", "app.positive.positive_check"),
        ("comment", "materialized view app.totals"),
    ) == [
        "schemas/public/view/emails.txt",
        "schemas/public/view/emails.txt",
        "schemas/app/materialized_view/totals.txt",
        "schemas/app/type/positive.txt",
        "schemas/app/type/positive.txt",
        "schemas/app/materialized_view/totals.txt",
    ]


def test_an_index_is_with_its_table():
    """Its name does not tell whose it is, but its definition does."""
    on = {
        ("table", 'public."Odd ""T"" x"'): "{}",
        ("materialized view", "app.totals"): "{}",
        ("index", "public.a"): json.dumps({"definition": 'CREATE INDEX a ON public."Odd ""T"" x" USING btree (a)'}),
        ("index", 'app."b ON c.d"'): json.dumps(
            {"definition": 'CREATE UNIQUE INDEX "b ON c.d" ON ONLY app.totals USING btree (a)'}
        ),
        ("comment", "index public.a"): "{}",
        ("index", "app.unknown"): "{}",
    }
    found = [str(path) for path in places(on).values()]
    odd = found[0]
    assert odd.startswith("schemas/public/table/odd_t_x.")
    assert found[1:] == [
        "schemas/app/materialized_view/totals.txt",
        odd,
        "schemas/app/materialized_view/totals.txt",
        odd,
        "schemas/app/index/unknown.txt",
    ]


def test_a_policy_on_a_table_of_the_platform():
    """The table itself is not compared; what users put on it has the table's file nevertheless."""
    assert where(("policy", "storage.objects.own_files")) == ["schemas/storage/table/objects.txt"]


def test_routines_and_what_has_no_schema():
    """Overloaded functions have a file each that names their arguments; small objects of the database share one."""
    assert where(
        ("schema", "public"),
        ("function", "public.total()"),
        ("function", "public.total(integer, text)"),
        ("function", "public.total(character varying)"),
        ("comment", "function public.total(integer, text)"),
        ("sequence", "public.orders_id_seq"),
        ("operator", "public.+(integer, integer)"),
        ("extension", "vector"),
        ("extension", '"uuid-ossp"'),
        ("extension version", "vector"),
        ("comment", "extension vector"),
        ("comment", "database current"),
        ("event trigger", "guard"),
        ("setting", "role ada: statement_timeout"),
        ("something new", "whatever it is"),
    ) == [
        "schemas/public/schema.txt",
        "schemas/public/function/total.txt",
        "schemas/public/function/total-integer-text.txt",
        "schemas/public/function/total-character_varying.3534df2c.txt",
        "schemas/public/function/total-integer-text.txt",
        "schemas/public/sequence/orders_id_seq.txt",
        "schemas/public/operator/integer-integer.d856087f.txt",
        "database/extension.txt",
        "database/extension.txt",
        "database/extension.txt",
        "database/extension.txt",
        "database/database.txt",
        "database/event_trigger/guard.txt",
        "database/setting.txt",
        "database/something_new/whatever_it_is.e27b12cf.txt",
    ]


def test_names_that_file_systems_take_for_one():
    """Names that differ in case, in their accents' spelling or in what a path cannot hold have files of their own."""
    names = [
        "orders",
        "Orders",
        "ORDERS",
        "caf\u00e9",
        "cafe\u0301",
        "a/b",
        "a\\b",
        "a.b",
        "..",
        ".",
        "",
        "a b",
        "a_b",
        "con",
        "NUL",
    ]
    found = [file_name(name) for name in names]
    assert len({each.casefold() for each in found}) == len(names)
    assert found[0] == "orders"
    assert found[1].startswith("orders.")
    assert not {"con", "nul"} & {each.split(".")[0] for each in found if "." not in each}


def test_long_names_are_cut():
    """A function of a hundred arguments has a name that every file system takes, and its own."""
    one, other = (file_name("f", f"({', '.join(['integer'] * 100)}, {last})") for last in ("text", "bytea"))
    assert one != other
    assert max(len(one), len(other)) < 100


def test_identities_are_taken_apart():
    """Quoted names may hold dots, quotes and parentheses."""
    assert identifiers('"Odd Schema"."Odd ""Table"".x"."a(b"') == (['"Odd Schema"', '"Odd ""Table"".x"', '"a(b"'], "")
    assert identifiers('public."f(x)"(integer, "A.b"[])') == (["public", '"f(x)"'], '(integer, "A.b"[])')


@settings(deadline=None)
@given(st.text(max_size=70), st.text(max_size=70))
def test_every_name_stays_in_its_folder(name: str, other: str):
    """Whatever a name holds, its file's is one plain part of a path; two names have two files, whatever folds case."""
    found = file_name(name)
    assert PurePosixPath(found).parts == (found,)
    assert found.isascii()
    assert found.strip(".") == found
    assert (name == other) == (found.casefold() == file_name(other).casefold())
