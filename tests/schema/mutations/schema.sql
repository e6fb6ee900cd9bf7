-- extra schema new_one
create schema new_one

-- missing schema "Odd Schema"
-- missing table "Odd Schema"."Odd ""Table"""
-- missing column "Odd Schema"."Odd ""Table"""."Odd Column"
-- missing column "Odd Schema"."Odd ""Table"""."order"
-- missing constraint "Odd Schema"."Odd ""Table"""."Odd ""Table""_pkey"
-- missing index "Odd Schema"."Odd ""Table""_pkey"
drop schema "Odd Schema" cascade

-- changed schema "Odd Schema"
alter schema "Odd Schema" owner to rich_owner

-- changed schema app
grant create on schema app to rich_reader

-- changed schema app
revoke usage on schema app from rich_reader

-- changed schema app
grant usage on schema app to rich_reader with grant option

-- changed schema public
revoke usage on schema public from public

-- changed schema app
revoke create on schema app from rich_owner
