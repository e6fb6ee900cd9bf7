"""The same rows in less time: classes that most databases have nothing of are asked for only where they are there.

The server parses, analyzes and plans a query before it finds that there is nothing to give, and for all of `catalog/`
that takes it far longer than reading a small schema. So a block of PL/pgSQL looks first, asks for what there is, and
leaves the rows in a setting of the transaction, from where the statement behind it takes them: one message, as before.
"""

from collections.abc import Mapping, Sequence

from migrator.schema.catalog import TOO_MANY, conditions, filled, names, part, query, sharing, texts, unsent

SETTING = "migrator.told"

IMPOSSIBLE = frozenset({"42501", "42704", "58P01", "54000"})
"""SQLSTATEs of a database without PL/pgSQL, or where this role may not use it, and of more rows than a setting holds.
Other things have these, too."""

_TOLD = f"select o.e ->> 0, o.e ->> 1, o.e ->> 2 from jsonb_array_elements(current_setting('{SETTING}')::jsonb) o (e)"

MANY = 500
"""Views and rules from which on it is worth a look beforehand whether all has to be read again in batches."""

_BLOCK = f"""declare chosen text; told text;
begin
if exists (select from pg_rewrite where oid >= 16384 offset {{many}}) then execute {{too_many}}; end if;
select string_agg(v.query, ' union all ') into chosen from (values {{parts}}) v (there, query) where v.there;
if chosen is not null then
execute {{shared}}
|| ' select jsonb_agg(jsonb_build_array(kind, identity, definition)) from (' || chosen || ') o' into told;
end if;
perform set_config('{SETTING}', coalesce(told, '[]'), true);
end"""


def sparing(version: int, values: Mapping[str, str], *, beside: Sequence[str] = ()) -> tuple[str, str]:
    """What has to run in the transaction, and the query that comes behind it, see `catalog.query`.

    Fails with one of `IMPOSSIBLE` where that cannot be done. The snapshot of the transaction has to stay.
    """
    always = [name for name in names(version) if not conditions(name)]
    parts = {
        filled(" or ".join(unsent(text) for text in conditions(name)), values): part(
            filled(unsent(texts()[name]), values)
        )
        for name in names(version)
        if conditions(name)
    }
    block = _BLOCK.format(
        many=MANY,
        too_many=dollars(f"{sharing([TOO_MANY], values)} {TOO_MANY}"),
        parts=", ".join(f"({condition}, {dollars(text)})" for condition, text in parts.items()),
        shared=dollars(sharing([*parts.values()], values)),
    )
    return f"do {dollars(block)}", query(always, values, beside=[*beside, _TOLD])


def dollars(text: str) -> str:
    """A literal in dollars, which may hold others, and leaves quotes as they are: these are long texts."""
    number = 0
    while (mark := f"$q{number}$") in text:
        number += 1
    return f"{mark}{text}{mark}"
