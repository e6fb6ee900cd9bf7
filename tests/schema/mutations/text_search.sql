-- extra text search configuration app.new_one
create text search configuration app.new_one (parser = pg_catalog.default)

-- missing text search configuration app.searching
-- missing comment text search configuration app.searching
drop text search configuration app.searching

-- changed text search configuration app.searching
alter text search configuration app.searching alter mapping for word with app.stems

-- the order of dictionaries
-- changed text search configuration app.searching
alter text search configuration app.searching alter mapping for word with app.stems, app.words

-- changed text search configuration app.searching
alter text search configuration app.searching drop mapping for email

-- changed text search configuration app.searching
alter text search configuration app.searching owner to rich_owner

-- the parser
-- changed text search configuration app.searching
-- missing comment text search configuration app.searching
drop text search configuration app.searching;
create text search configuration app.searching (parser = app.parser)

-- extra text search dictionary app.new_one
create text search dictionary app.new_one (template = pg_catalog.simple)

-- changed text search dictionary app.words
alter text search dictionary app.words (accept = false)

-- changed text search dictionary app.words
alter text search dictionary app.words (stopwords)

-- changed text search dictionary app.words
alter text search dictionary app.words owner to rich_owner

-- the template
-- extra text search dictionary app.other
create text search dictionary app.other (template = app.template)

-- changed text search dictionary app.words
update pg_ts_dict set dicttemplate = (select oid from pg_ts_template where tmplname = 'synonym') where dictname = 'words'

-- missing text search parser app.parser
-- missing comment text search parser app.parser
drop text search parser app.parser

-- changed text search parser app.parser
-- missing comment text search parser app.parser
drop text search parser app.parser;
create text search parser app.parser (
    start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype)

-- each of its functions
-- changed text search parser app.parser
update pg_ts_parser set prsstart = 'pg_catalog.int4pl'::regproc where prsname = 'parser'

-- changed text search parser app.parser
update pg_ts_parser set prstoken = 'pg_catalog.int4pl'::regproc where prsname = 'parser'

-- changed text search parser app.parser
update pg_ts_parser set prsend = 'pg_catalog.int4pl'::regproc where prsname = 'parser'

-- changed text search parser app.parser
update pg_ts_parser set prslextype = 'pg_catalog.int4pl'::regproc where prsname = 'parser'

-- missing text search template app.template
-- missing comment text search template app.template
drop text search template app.template

-- changed text search template app.template
-- missing comment text search template app.template
drop text search template app.template; create text search template app.template (lexize = dsimple_lexize)

-- changed text search template app.template
-- missing comment text search template app.template
drop text search template app.template;
create text search template app.template (init = dsimple_init, lexize = dsynonym_lexize)
