-- depends: 0001.a
SELECT 1;
