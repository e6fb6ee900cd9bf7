-- create the users table
-- depends:

CREATE TABLE users (
    user_id serial PRIMARY KEY,
    first_name text NOT NULL,
    last_name text NOT NULL
);
