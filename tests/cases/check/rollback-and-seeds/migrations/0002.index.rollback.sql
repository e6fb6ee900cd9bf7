-- nothing is undone
select 1;
