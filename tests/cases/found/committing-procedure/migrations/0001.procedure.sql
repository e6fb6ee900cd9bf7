create table batch (id int);
create procedure fill() language plpgsql as $$
begin
    for number in 1..3 loop
        insert into batch values (number);
        commit;
    end loop;
end $$;
