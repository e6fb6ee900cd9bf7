create table t_0100_b ();
