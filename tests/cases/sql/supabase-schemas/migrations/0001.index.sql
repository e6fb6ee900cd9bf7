create table profiles (id int primary key);
create index users_id on auth.users (id);
