-- extra index app.plain_a
create index plain_a on app.plain (a)

-- missing index app.orders_total
drop index app.orders_total

-- missing index app.orders_total
-- extra index app.renamed
alter index app.orders_total rename to renamed

-- changed index app.orders_total
drop index app.orders_total; create index orders_total on app.orders (total desc)

-- changed index app.orders_total
drop index app.orders_total; create unique index orders_total on app.orders (total)

-- changed index app.orders_note
drop index app.orders_note; create index orders_note on app.orders (note)

-- the operator class
-- changed index app.orders_lower
drop index app.orders_lower;
create index orders_lower on app.orders (lower(note) desc nulls last) where total > 10

-- where it applies
-- changed index app.orders_lower
drop index app.orders_lower;
create index orders_lower on app.orders (lower(note) text_pattern_ops desc nulls last) where total > 11

-- what it covers
-- changed index app.orders_covering
drop index app.orders_covering;
create unique index orders_covering on app.orders (room, id) include (note, price) with (fillfactor = 90)

-- changed index app.orders_covering
alter index app.orders_covering set (fillfactor = 80)

-- changed index app.orders_lower
alter index app.orders_lower alter column 1 set statistics 300

-- changed index app.measures_at
drop index app.measures_at; create index measures_at on app.measures (at desc)

-- an index that is not on every partition cannot be used
-- changed index app.measures_at
drop index app.measures_at; create index measures_at on only app.measures (at)

-- changed index app.summary_user
drop index app.summary_user; create index summary_user on app.summary (user_id)

-- what a concurrent build leaves when it fails
-- changed index app.orders_total
update pg_index set indisvalid = false where indexrelid = 'app.orders_total'::regclass
