CREATE TABLE users (user_id serial PRIMARY KEY, first_name text NOT NULL, last_name text NOT NULL);
CREATE TABLE flags (name text PRIMARY KEY, seeded boolean NOT NULL);
