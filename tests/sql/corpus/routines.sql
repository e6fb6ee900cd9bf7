-- Routines in several languages, quoted and unquoted bodies.
create function one() returns integer language sql as 'select 1; select 2 where ''a;b'' <> E''\''''';

CREATE OR REPLACE FUNCTION public.touch() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $function$
declare
    note text := $q$a ; in a $body$ in a quote$q$;
begin
    if new.updated_at is null then
        new.updated_at := now(); -- it's a comment with a quote
    end if;
    /* another; one */
    execute format($sql$select %L;$sql$, note);
    return new;
end;
$function$;

create function add(a int, b int) returns int begin atomic select a + b; end;

create /* ; */ or -- ;
replace function graded(points int) returns text
    language sql
    immutable
begin /* not yet; */ atomic
    select case when points > 90 then 'a' when points > 80 then case points when 81 then 'b-' else 'b' end else ';' end;
    select 1 as end;
    select 2 as "end", 3 end;
    select t.end from (select 1 as end) t;
    ;
end;

create procedure refill() begin atomic
    insert into stock (name) values ('a;b'), ($$c;d$$);
    delete from stock where name in (select case when true then 'x' end);
end;

create procedure nothing() begin atomic end;

create function begin() returns int language sql as $$select 1$$;
create function "end"(begin atomic) returns int language sql return 1;
create function bare(begin int default 1, "case" int default 2) returns table (begin int) language sql as $$select 1$$;
select begin(), atomic from begin as atomic;

create function atomics() returns int begin atomic select atomic end from (select 1 as atomic) x; end;

do $$ begin perform 1; end $$;
do language plpgsql $_$ begin raise notice '%', $$;$$; end $_$;
do $é$ begin null; end $é$;

create function py(a text) returns text language plpython3u as $py$
if a == "it's; fine":
    return '''$$ ; $$'''
return a
$py$;

create function adder(internal) returns internal language c strict as '$libdir/adder', 'add;er';
create aggregate total(int) (sfunc = int4pl, stype = int, initcond = '0');
