CREATE TABLE a (n integer);
COMMIT;
CREATE TABLE b (n integer);
