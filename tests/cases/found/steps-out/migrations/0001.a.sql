CREATE TABLE users (user_id int);

COMMIT;
CREATE INDEX CONCURRENTLY users_user_id ON users (user_id);
BEGIN;

INSERT INTO users VALUES (1);
