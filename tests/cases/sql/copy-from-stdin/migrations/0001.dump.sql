CREATE TABLE a (n integer);
COPY a (n) FROM stdin;
1
2
\.
