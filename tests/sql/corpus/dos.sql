create table a (id int); -- dos

create function f() returns text language sql as $$
select ';'
$$;
select E'a'
  '\';b' /* x;
*/;
insert into a values (1)
