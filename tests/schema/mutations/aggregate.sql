-- extra aggregate app.new_one(integer)
create aggregate app.new_one(integer) (sfunc = int4pl, stype = integer)

-- missing aggregate app.total(integer)
drop aggregate app.total(integer)

-- changed aggregate app.total(integer)
create or replace aggregate app.total(integer) (sfunc = int4pl, stype = integer, initcond = '0', parallel = safe)

-- changed aggregate app.total(integer)
create or replace aggregate app.total(integer) (sfunc = app.keep, stype = integer, initcond = '1', parallel = safe)

-- changed aggregate app.total(integer)
create or replace aggregate app.total(integer) (sfunc = app.keep, stype = integer, initcond = '0')

-- changed aggregate app.total(integer)
create or replace aggregate app.total(integer) (
    sfunc = app.keep, stype = integer, initcond = '0', parallel = safe, combinefunc = int4larger)

-- changed aggregate app.total(integer)
create or replace aggregate app.total(integer) (
    sfunc = app.keep, stype = integer, initcond = '0', parallel = safe, finalfunc = int4abs, finalfunc_modify = shareable)

-- changed aggregate app.total(integer)
create or replace aggregate app.total(integer) (
    sfunc = app.keep, stype = integer, initcond = '0', parallel = safe, sortop = >)

-- changed aggregate app.moving(integer)
create or replace aggregate app.moving(integer) (
    sfunc = int4pl, stype = integer, msfunc = int4pl, minvfunc = int4mi, mstype = integer, sspace = 32)

-- changed aggregate app.moving(integer)
create or replace aggregate app.moving(integer) (
    sfunc = int4pl, stype = integer, msfunc = int4pl, minvfunc = int4mi, mstype = integer, sspace = 16, minitcond = '0')

-- changed aggregate app.first_of(anyelement)
drop aggregate app.first_of(anyelement);
create aggregate app.first_of(order by anyelement) (
    sfunc = ordered_set_transition, stype = internal, finalfunc = mode_final, finalfunc_extra,
    finalfunc_modify = read_only)

-- changed aggregate app.total(integer)
alter aggregate app.total(integer) owner to rich_owner

-- changed aggregate app.total(integer)
revoke execute on function app.total(integer) from rich_reader
