"""What the catalog says about columns besides their types: comments, and the defaults of new rows. One round trip."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from migrator.database.sessions.session import Session

# a literal with at most one cast: with a second one the first may be text that is read anew in every row
_CONSTANT = re.compile(
    r"""\(?(?:NULL|true|false|-?[0-9.]+|'(?:[^'\\]|'')*'|ARRAY\[\])\)?(?:::[^'():]+(?:\([0-9, ]+\)[^'():]*)?)?"""
)

_QUERY = """
select json_build_array(
    a.attrelid::bigint, a.attname,
    json_build_array(
        pg_catalog.col_description(a.attrelid, a.attnum),
        case when a.attgenerated = '' then pg_catalog.pg_get_expr(f.adbin, f.adrelid) end,
        t.typdefault is not null, a.attcollation <> 0
    )
)
from pg_catalog.pg_attribute a
join pg_catalog.pg_type t on t.oid = a.atttypid
left join pg_catalog.pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum
where a.attrelid = any ('{%s}'::oid[]) and a.attnum > 0 and not a.attisdropped
union all
select json_build_array(
    c.oid::bigint, null, json_build_array(pg_catalog.obj_description(c.oid, 'pg_class'), null, false, false)
)
from pg_catalog.pg_class c
where c.oid = any ('{%s}'::oid[])
"""


@dataclass(frozen=True, slots=True)
class Remark:
    """A table (with a comment alone) or a column.

    Attributes:
        comment: of `COMMENT ON`.
        default: the expression of the column's own default.
        by_type: its type has a default.
        collates: its values are texts, which collations order differently.
    """

    comment: str | None
    default: str | None
    by_type: bool
    collates: bool

    @property
    def constant(self) -> bool:
        """A new row without the column gets the same value whenever it is inserted: a literal, or NULL."""
        if self.default is None:
            return not self.by_type
        return _CONSTANT.fullmatch(self.default) is not None


Remarks = dict[tuple[int, str | None], Remark]
"""By the table's oid and the column's name; None for the table itself."""


async def read(session: Session, oids: Iterable[int]) -> Remarks:
    """What is said about these tables and their columns. One round trip; neither locks nor writes."""
    listed = ",".join(map(str, sorted(oids)))
    rows = await session.read(_QUERY.strip().replace("%s", listed))
    return {(oid, column): Remark(*said) for oid, column, said in rows}
