-- users
create table users (
    user_id int primary key,
    email text not null
);
