/* a header
   over several lines */
begin work;
insert into audit values ('third');
savepoint here;
insert into audit values ('gone');
rollback to here;
commit work
