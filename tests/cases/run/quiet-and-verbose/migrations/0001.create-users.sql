CREATE OR REPLACE FUNCTION hello() RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'hello from %', 'a migration'; RAISE WARNING 'careful'; END $$;
SELECT hello();
-- create the users table
CREATE TABLE users (
    user_id serial PRIMARY KEY,
    first_name text NOT NULL,
    last_name text NOT NULL
);
