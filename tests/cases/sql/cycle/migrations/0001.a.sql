-- depends: 0003.c
SELECT 1;
