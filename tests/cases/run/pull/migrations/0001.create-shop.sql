CREATE TABLE users (user_id serial PRIMARY KEY, email text NOT NULL UNIQUE, name text, active boolean NOT NULL DEFAULT true);
CREATE TABLE orders (order_id int PRIMARY KEY, user_id int NOT NULL REFERENCES users, note text);
CREATE TABLE logs (what text);
CREATE VIEW active AS SELECT * FROM users WHERE active;
INSERT INTO users (email, name) VALUES ('ada@example.com', 'Ada'), ('grace@example.com', '##[error]no command');
INSERT INTO orders VALUES (1, 2, E'first\n::add-mask::x'), (2, 1, NULL);
