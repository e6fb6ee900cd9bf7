create table t_20240131120000_d ();
