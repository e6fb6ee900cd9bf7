CREATE TABLE users (user_id integer PRIMARY KEY, first_name text NOT NULL);
