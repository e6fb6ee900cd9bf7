create table t_1706702400000_e ();
