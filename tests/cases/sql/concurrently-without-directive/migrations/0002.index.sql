CREATE INDEX CONCURRENTLY users_name ON users (first_name);
