-- extra type app.new_one
create type app.new_one as enum ('a')

-- missing type app.unused
drop type app.unused

-- missing type app.unused
-- extra type app.renamed
alter type app.unused rename to renamed

-- changed type app.mood
alter type app.mood add value 'ecstatic'

-- the order of labels
-- changed type app.mood
alter type app.mood add value 'meh' before 'ok'

-- changed type app.unused
alter type app.unused rename value 'one' to 'eins'

-- changed type app.unused
drop type app.unused; create type app.unused as enum ('two', 'one')

-- changed type app.unused
alter type app.unused owner to rich_owner

-- changed type app.mood
grant usage on type app.mood to rich_writer

-- changed type app.mood
revoke usage on type app.mood from public

-- a domain
-- changed type app.positive
alter domain app.positive set default 2

-- changed type app.positive
alter domain app.positive drop default

-- changed type app.positive
alter domain app.positive set not null

-- changed type app.label
alter domain app.label drop not null

-- changed type app.label
drop domain app.label; create domain app.label as text not null

-- changed type app.code
-- missing constraint app.code.upper_case
drop domain app.code; create domain app.code as varchar(11)

-- extra type app.new_one
create domain app.new_one as integer

-- a range
-- changed type app.float_range
drop type app.float_range;
create type app.float_range as range (subtype = float8, multirange_type_name = app.float_multirange)

-- the name of its multirange
-- changed type app.float_range
drop type app.float_range;
create type app.float_range as range (subtype = float8, subtype_diff = float8mi, multirange_type_name = app.other_multirange)

-- changed type app.text_range
drop type app.text_range; create type app.text_range as range (subtype = text)

-- changed type app.text_range
drop type app.text_range;
create type app.text_range as range (subtype = text, subtype_opclass = text_pattern_ops, collation = "C")

-- a composite type
-- missing composite type app.address
-- missing column app.address.street
-- missing column app.address.tags
-- missing column app.address.zip
-- missing column app.users.home
drop type app.address cascade

-- changed composite type app.pair
alter type app.pair owner to rich_owner

-- changed composite type app.pair
grant usage on type app.pair to rich_reader

-- changed table app.plain
revoke usage on type app.plain from public

-- types of their own functions
-- missing type app.shell
drop type app.shell

-- changed type app.celsius
alter type app.celsius set (storage = plain, analyze = ts_typanalyze)

-- extra type app.new_one
create type app.new_one
