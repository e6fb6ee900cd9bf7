-- extra constraint app.plain.positive_a
alter table app.plain add constraint positive_a check (a > 0)

-- missing constraint app.users.users_age_check
alter table app.users drop constraint users_age_check

-- missing constraint app.users.users_age_check
-- extra constraint app.users.renamed
alter table app.users rename constraint users_age_check to renamed

-- changed constraint app.users.users_age_check
alter table app.users drop constraint users_age_check, add constraint users_age_check check (age < 201)

-- changed constraint app.orders.orders_note_check
alter table app.orders validate constraint orders_note_check

-- changed constraint app.orders.orders_room_fkey
alter table app.orders validate constraint orders_room_fkey

-- changed constraint app.users.users_age_check
alter table app.users drop constraint users_age_check, add constraint users_age_check check (age < 200) no inherit

-- changed constraint app.users.users_age_check
alter table app.users drop constraint users_age_check, add constraint users_age_check check (age < 200) not valid

-- missing constraint app.orders.orders_user_id_fkey
alter table app.orders drop constraint orders_user_id_fkey

-- changed constraint app.orders.orders_user_id_fkey
alter table app.orders drop constraint orders_user_id_fkey;
alter table app.orders add constraint orders_user_id_fkey foreign key (user_id) references app.users (id) on delete set null

-- changed constraint app.orders.orders_user_id_fkey
alter table app.orders drop constraint orders_user_id_fkey;
alter table app.orders add constraint orders_user_id_fkey
    foreign key (user_id) references app.users (id) on update cascade on delete cascade

-- changed constraint app.orders.orders_user_id_fkey
alter table app.orders drop constraint orders_user_id_fkey;
alter table app.orders add constraint orders_user_id_fkey
    foreign key (user_id) references app.users (id) match full on delete cascade

-- changed constraint app.orders.orders_user_id_fkey
alter table app.orders alter constraint orders_user_id_fkey deferrable

-- changed constraint app.orders.orders_user_id_fkey
alter table app.orders alter constraint orders_user_id_fkey deferrable initially deferred

-- the columns that are set to null
-- since 150000
-- changed constraint app.set_null.set_null_a_b_fkey
alter table app.set_null drop constraint set_null_a_b_fkey;
alter table app.set_null add constraint set_null_a_b_fkey
    foreign key (a, b) references app.set_null (a, b) on delete set null (a)

-- since 150000
-- changed constraint app.not_distinct.not_distinct_a_key
-- changed index app.not_distinct_a_key
alter table app.not_distinct drop constraint not_distinct_a_key, add constraint not_distinct_a_key unique (a)

-- missing constraint app.users.users_email_key
-- missing index app.users_email_key
alter table app.users drop constraint users_email_key

-- changed constraint app.users.users_email_key
-- changed index app.users_email_key
alter table app.users drop constraint users_email_key, add constraint users_email_key unique (email, name)

-- changed constraint app.orders.orders_user_total
alter table app.orders drop constraint orders_user_total, add constraint orders_user_total unique (user_id, total)

-- changed constraint app.orders.no_overlap
-- changed index app.no_overlap
alter table app.orders drop constraint no_overlap,
    add constraint no_overlap exclude using gist (during with &&) where (room > 1)

-- changed constraint app.orders.no_overlap
alter table app.orders drop constraint no_overlap,
    add constraint no_overlap exclude using gist (during with =) where (room > 0)

-- missing constraint app.untriggered.untriggered_pkey
-- missing constraint app.untriggered.untriggered_b_fkey
-- missing index app.untriggered_pkey
-- changed column app.untriggered.a
alter table app.untriggered drop constraint untriggered_pkey cascade; alter table app.untriggered alter column a drop not null

-- the foreign key is not checked any more
-- changed constraint app.orders.orders_user_id_fkey
-- changed constraint app.orders.orders_user_total
-- changed constraint app.orders.orders_room_fkey
-- changed trigger app.orders.checked
alter table app.orders disable trigger all

-- on the other side of it: rows that are referred to may be deleted
-- changed constraint app.orders.orders_user_id_fkey
-- changed trigger app.users.touched
-- changed trigger app.users.loud
alter table app.users disable trigger all

-- changed constraint app.untriggered.untriggered_b_fkey
alter table app.untriggered enable trigger all

-- changed constraint app.measures.measures_value
alter table app.measures drop constraint measures_value, add constraint measures_value check (value > -273.15)

-- extra constraint app.plain.to_measures
-- extra column app.plain.at
alter table app.plain add column at date;
alter table app.plain add constraint to_measures foreign key (at, a) references app.measures (at, place)

-- a domain's
-- missing constraint app.positive.above_zero
alter domain app.positive drop constraint above_zero

-- extra constraint app.positive.below
alter domain app.positive add constraint below check (value < 1000)

-- changed constraint app.positive.above_zero
alter domain app.positive drop constraint above_zero;
alter domain app.positive add constraint above_zero check (value > 1) not valid

-- changed constraint app.code.upper_case
alter domain app.code validate constraint upper_case

-- since 180000
-- changed constraint app.newest.loose
alter table app.newest drop constraint loose, add constraint loose check (id > 0)

-- since 180000
-- changed constraint app.orders.orders_user_id_fkey
alter table app.orders alter constraint orders_user_id_fkey not enforced

-- since 180000
-- changed constraint app.temporal.temporal_pkey
-- changed index app.temporal_pkey
-- missing constraint app.temporal_child.temporal_child_id_at_fkey
alter table app.temporal drop constraint temporal_pkey cascade, add constraint temporal_pkey primary key (id, at)
