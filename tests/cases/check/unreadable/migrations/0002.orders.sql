insert into orders values ('open);
