"""What no query models is counted under its name: data, what is made among the server's own, what a newer one has."""

from mutation import read_inside
from riches import SCOPE

from migrator.database.sessions.session import Session
from migrator.schema.reading import read

NEWER = """
select lo_create(0), lo_create(0);
create table app.graph ();
update pg_class set relkind = 'g' where oid = 'app.graph'::regclass;
create function pg_catalog.first() returns integer language sql as 'select 1';
create type app.newer as enum ('a');
update pg_type set typtype = 'z' where oid = 'app.newer'::regtype;
insert into pg_description values (16384, 'pg_publication_rel'::regclass, 0, 'on a class without comments')
"""


async def test_it_is_counted_by_name(session: Session):
    """Large objects, and kinds that no version has had so far, as a catalog of the future would have them."""
    before = await read(session, SCOPE)
    await session.run("begin")
    try:
        await session.run(NEWER)
        after = await read_inside(session, SCOPE)
    finally:
        await session.run("rollback")
    assert (before.unmodelled, after.unmodelled) == (
        {},
        {
            "large object": 2,
            "object in `pg_catalog`": 1,
            "object of `pg_publication_rel`": 1,
            "relation of kind `g`": 1,
            "type of kind `z`": 1,
        },
    )
