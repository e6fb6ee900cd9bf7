-- extra sequence app.new_one
create sequence app.new_one

-- missing sequence app.free
drop sequence app.free

-- missing sequence app.free
-- extra sequence app.renamed
alter sequence app.free rename to renamed

-- changed sequence app.free
alter sequence app.free increment by 2

-- changed sequence app.free
alter sequence app.free minvalue -5

-- changed sequence app.free
alter sequence app.free maxvalue 500

-- changed sequence app.free
alter sequence app.free start with 2

-- changed sequence app.free
alter sequence app.free cache 2

-- changed sequence app.counter
alter sequence app.counter no cycle

-- changed sequence app.free
alter sequence app.free as smallint

-- changed sequence app.free
alter sequence app.free owned by app.plain.a

-- changed sequence app.owned_later
alter sequence app.owned_later owned by app.unlogged_one.a

-- changed sequence app.orders_id_seq
alter sequence app.orders_id_seq owned by none

-- changed sequence app.free
alter sequence app.free owner to rich_owner

-- changed sequence app.free
grant select on sequence app.free to rich_reader

-- changed sequence app.counter
revoke usage on sequence app.counter from rich_reader

-- since 150000
-- changed sequence app.forgetful
alter sequence app.forgetful set logged
