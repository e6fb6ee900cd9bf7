-- extra cast app.pair as text
create cast (app.pair as text) with function app.to_text(app.pair)

-- missing cast app.pair as integer
-- missing comment cast app.pair as integer
drop cast (app.pair as integer)

-- changed cast app.mood as text
drop cast (app.mood as text); create cast (app.mood as text) with inout as assignment

-- changed cast app.mood as text
drop cast (app.mood as text); create cast (app.mood as text) with inout

-- the method
-- changed cast app.mood as text
-- extra function app.mood_text(app.mood)
create function app.mood_text(app.mood) returns text language sql as 'select ''''';
drop cast (app.mood as text); create cast (app.mood as text) with function app.mood_text(app.mood) as implicit

-- the function
-- changed cast app.pair as integer
update pg_cast set castfunc = 'app.hash_of(app.pair)'::regprocedure where castfunc = 'app.to_int(app.pair)'::regprocedure

-- extra conversion app.new_one
create conversion app.new_one for 'UTF8' to 'LATIN1' from utf8_to_iso8859_1

-- missing conversion app.converting
-- missing comment conversion app.converting
drop conversion app.converting

-- changed conversion app.converting
alter conversion app.converting owner to rich_owner

-- changed conversion app.converting
-- missing comment conversion app.converting
drop conversion app.converting; create default conversion app.converting for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8

-- its encodings and its function
-- changed conversion app.converting
update pg_conversion set conforencoding = pg_char_to_encoding('LATIN2') where conname = 'converting'

-- changed conversion app.converting
update pg_conversion set contoencoding = pg_char_to_encoding('LATIN2') where conname = 'converting'

-- changed conversion app.converting
update pg_conversion set conproc = 'pg_catalog.iso8859_to_utf8'::regproc where conname = 'converting'

-- missing transform app.pair language sql
-- missing comment transform app.pair language sql
drop transform for app.pair language sql

-- changed transform app.pair language sql
create or replace transform for app.pair language sql (from sql with function pg_catalog.dsimple_init(internal))

-- changed transform app.pair language sql
update pg_transform set trftosql = 'pg_catalog.int4pl'::regproc

-- extra transform app.address language sql
create transform for app.address language sql (from sql with function pg_catalog.prsd_lextype(internal))
