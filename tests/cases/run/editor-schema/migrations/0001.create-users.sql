CREATE TABLE users (user_id serial PRIMARY KEY, email text NOT NULL UNIQUE);
COMMENT ON COLUMN users.email IS 'where we write to';
