-- nothing rows are no part of it
insert into app.plain values (1, 'x')

-- nothing renamed there and back
alter table app.plain rename to other;
alter table app.other rename to plain

-- nothing the visibility map alone
-- outside
vacuum app.plain
