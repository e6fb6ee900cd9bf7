-- extra collation app.new_one
create collation app.new_one (provider = libc, locale = 'C')

-- missing collation app.plain_c
drop collation app.plain_c

-- changed collation app.plain_c
alter collation app.plain_c owner to rich_owner

-- changed collation app.plain_c
drop collation app.plain_c; create collation app.plain_c (provider = libc, lc_collate = 'POSIX', lc_ctype = 'C')

-- changed collation app.plain_c
drop collation app.plain_c; create collation app.plain_c (provider = libc, lc_collate = 'C', lc_ctype = 'POSIX')

-- what another provider has, where this server may be built without it
-- changed collation app.plain_c
update pg_collation set collprovider = 'i' where collname = 'plain_c'

-- changed collation app.plain_c
update pg_collation set collisdeterministic = false where collname = 'plain_c'

-- changed collation app.plain_c
update pg_collation set collencoding = pg_char_to_encoding('LATIN1') where collname = 'plain_c'

-- since 170000
-- changed collation app.plain_c
update pg_collation set colllocale = 'de' where collname = 'plain_c'

-- since 160000
-- changed collation app.plain_c
update pg_collation set collicurules = '&V << w <<< W' where collname = 'plain_c'

-- since 170000
-- changed collation app.plain_c
drop collation app.plain_c; create collation app.plain_c (provider = builtin, locale = 'C')

-- extra statistics app.new_one
create statistics app.new_one on name, age from app.users

-- missing statistics app.users_stats
-- missing comment statistics app.users_stats
drop statistics app.users_stats

-- changed statistics app.users_stats
alter statistics app.users_stats set statistics 301

-- changed statistics app.users_stats
alter statistics app.users_stats set statistics -1

-- changed statistics app.users_stats
alter statistics app.users_stats owner to rich_owner

-- the kinds, and the columns
-- changed statistics app.users_stats
-- missing comment statistics app.users_stats
drop statistics app.users_stats; create statistics app.users_stats (dependencies) on name, email from app.users;
alter statistics app.users_stats set statistics 300

-- changed statistics app.users_stats
-- missing comment statistics app.users_stats
drop statistics app.users_stats; create statistics app.users_stats (dependencies, mcv) on name, age from app.users;
alter statistics app.users_stats set statistics 300
