start transaction isolation level serializable;
create table audit (note text);
insert into audit select current_setting('transaction_isolation');
END TRANSACTION; -- and no final line end