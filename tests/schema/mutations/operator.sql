-- extra operator app.%%%(app.pair,app.pair)
create operator app.%%% (function = app.same, leftarg = app.pair, rightarg = app.pair)

-- a partner that is not made yet
-- extra operator app.%%%(app.pair,app.pair)
-- extra operator app.^^^(app.pair,app.pair)
create operator app.%%% (
    function = app.same, leftarg = app.pair, rightarg = app.pair, commutator = operator(app.^^^))

-- missing operator app.!==(app.pair,app.pair)
-- changed operator app.===(app.pair,app.pair)
drop operator app.!==(app.pair, app.pair)

-- changed operator app.!==(app.pair,app.pair)
alter operator app.!==(app.pair, app.pair) set (restrict = neqsel)

-- changed operator app.!==(app.pair,app.pair)
alter operator app.!==(app.pair, app.pair) set (join = neqjoinsel)

-- changed operator app.===(app.pair,app.pair)
alter operator app.===(app.pair, app.pair) set (restrict = none)

-- changed operator app.!==(app.pair,app.pair)
alter operator app.!==(app.pair, app.pair) owner to rich_owner

-- since 170000
-- changed operator app.!==(app.pair,app.pair)
alter operator app.!==(app.pair, app.pair) set (hashes)

-- since 170000
-- changed operator app.!==(app.pair,app.pair)
alter operator app.!==(app.pair, app.pair) set (merges)

-- since 170000
-- changed operator app.!==(app.pair,app.pair)
alter operator app.!==(app.pair, app.pair) set (commutator = operator(app.!==))

-- the function
-- changed operator app.!==(app.pair,app.pair)
-- changed operator app.===(app.pair,app.pair)
drop operator app.!==(app.pair, app.pair);
create operator app.!== (function = app.less, leftarg = app.pair, rightarg = app.pair)

-- missing operator class app.pair_hash_ops using hash
drop operator class app.pair_hash_ops using hash

-- extra operator class app.new_ops using btree
-- extra operator family app.new_ops using btree
create operator class app.new_ops for type app.pair using btree as
    operator 1 app.<<<, operator 3 app.===, function 1 app.order_of(app.pair, app.pair)

-- the default
-- changed operator class app.pair_ops using btree
-- missing comment operator class app.pair_ops using btree
drop operator class app.pair_ops using btree;
create operator class app.pair_ops for type app.pair using btree family app.pairs as
    operator 1 app.<<<, operator 3 app.===, function 1 app.order_of(app.pair, app.pair)

-- its operators
-- changed operator class app.pair_ops using btree
-- missing comment operator class app.pair_ops using btree
drop operator class app.pair_ops using btree;
create operator class app.pair_ops default for type app.pair using btree family app.pairs as
    operator 1 app.<<<, operator 2 app.===, function 1 app.order_of(app.pair, app.pair)

-- its functions
-- changed operator class app.pair_hash_ops using hash
drop operator class app.pair_hash_ops using hash;
create operator class app.pair_hash_ops for type app.pair using hash family app.pair_hash_ops as
    operator 1 app.===, function 1 app.to_int(app.pair)

-- its family
-- changed operator class app.pair_ops using btree
-- missing comment operator class app.pair_ops using btree
-- extra operator family app.other using btree
create operator family app.other using btree;
drop operator class app.pair_ops using btree;
create operator class app.pair_ops default for type app.pair using btree family app.other as
    operator 1 app.<<<, operator 3 app.===, function 1 app.order_of(app.pair, app.pair)

-- its type, and what an index keeps of it
-- changed operator class app.pair_ops using btree
update pg_opclass set opcintype = 'app.address'::regtype where opcname = 'pair_ops'

-- changed operator class app.pair_ops using btree
update pg_opclass set opckeytype = 'integer'::regtype where opcname = 'pair_ops'

-- changed operator class app.pair_ops using btree
alter operator class app.pair_ops using btree owner to rich_owner

-- changed operator family app.pairs using btree
alter operator family app.pairs using btree owner to rich_owner

-- changed operator family app.pairs using btree
alter operator family app.pairs using btree drop operator 1 (app.pair, integer)

-- changed operator family app.pairs using btree
alter operator family app.pairs using btree drop function 1 (app.pair, integer)

-- missing operator family app.pairs using btree
-- missing comment operator family app.pairs using btree
-- missing operator class app.pair_ops using btree
-- missing comment operator class app.pair_ops using btree
drop operator family app.pairs using btree

-- what is added to one of the server
-- extra operator family pg_catalog.integer_ops using btree
alter operator family pg_catalog.integer_ops using btree add operator 1 app.<<< (app.pair, integer)

-- what was made becomes a name alone
-- changed operator app.<<<(app.pair,integer)
update pg_operator set oprcode = 0 where oprcode = 'app.less_than'::regproc

-- what an index may order by
-- changed operator family app.pairs using btree
update pg_amop set amopsortfamily = (
    select oid from pg_opfamily where opfname = 'integer_ops' and opfmethod = (select oid from pg_am where amname = 'btree'))
where amopopr = 'app.<<<(app.pair, integer)'::regoperator
