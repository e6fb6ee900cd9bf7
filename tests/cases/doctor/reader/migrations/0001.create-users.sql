create table users (user_id int primary key);
