-- a dump of an editor: the whole file in a transaction of its own
BEGIN;

CREATE TABLE orders (order_id int PRIMARY KEY);
INSERT INTO orders VALUES (1);

COMMIT;
