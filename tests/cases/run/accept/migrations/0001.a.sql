create table a (id int primary key);
create policy p on a using (true);
