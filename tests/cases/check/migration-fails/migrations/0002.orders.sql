create table orders (order_id int primary key);
alter table orders add user_id int references user (user_id);
