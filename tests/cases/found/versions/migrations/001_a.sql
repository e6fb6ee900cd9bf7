create table t_001_a ();
