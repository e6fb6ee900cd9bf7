create table t_20240131_c ();
