-- transactional: false

CREATE INDEX CONCURRENTLY users_first ON users (first_name);
CREATE INDEX CONCURRENTLY users_last ON users (last_name, missing);
CREATE INDEX CONCURRENTLY users_both ON users (first_name, last_name);
