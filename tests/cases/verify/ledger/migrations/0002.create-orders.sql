CREATE TABLE orders (order_id int PRIMARY KEY, user_id int REFERENCES users);
CREATE INDEX ON orders (user_id);
CREATE VIEW buyers AS SELECT DISTINCT user_id FROM orders;
