-- bad: a trigger of a table, of one of the platform's that calls the project's function, of a partitioned table
create function f() returns trigger language plpgsql set search_path = '' as 'begin return new; end';
create table t (id int primary key);
create trigger "On Insert" before insert on t for each row execute function f();
create trigger on_update before update on t for each row execute function f();
create trigger well after update on t for each row execute function f();
alter table t disable trigger "On Insert";
alter table t enable replica trigger on_update;
create trigger on_auth_user_created after insert on auth.users for each row execute function f();
create table parted (id int) partition by list (id);
create table parted_1 partition of parted for values in (1);
create table parted_2 partition of parted for values in (2);
create trigger each after insert on parted for each row execute function f();
alter table parted disable trigger each;
alter table parted_2 disable trigger each;
reset role;
alter table auth.users disable trigger on_auth_user_created;
-- found V333 table public.parted: `public.parted` has no primary key
-- found V338 trigger auth.users.on_auth_user_created: the trigger `on_auth_user_created` of `auth.users`, which calls `public.f()`, is disabled: it never fires
-- found V338 trigger public.parted.each: the trigger `each` of `public.parted`, which calls `public.f()`, is disabled: it never fires
-- found V338 trigger public.t."On Insert": the trigger `On Insert` of `public.t`, which calls `public.f()`, is disabled: it never fires
-- found V338 trigger public.t.on_update: the trigger `on_update` of `public.t`, which calls `public.f()`, fires on a replica alone: in sessions with `session_replication_role = replica`, and no others

-- bad: a trigger of one partition
create function f() returns trigger language plpgsql set search_path = '' as 'begin return new; end';
create table parted (id int) partition by list (id);
create table parted_1 partition of parted for values in (1);
create trigger each after insert on parted for each row execute function f();
alter table parted_1 disable trigger each;
-- found V333 table public.parted: `public.parted` has no primary key
-- found V338 trigger public.parted_1.each: the trigger `each` of `public.parted_1`, which calls `public.f()`, is disabled: it never fires

-- bad: foreign keys and a deferrable constraint are not checked, on one side or on both
create table parents (id int primary key);
create table both_sides (id int primary key references parents on delete cascade);
create table own_side (id int primary key references parents);
create table parents_2 (id int primary key);
create table other_side (id int primary key, p int references parents_2);
create table codes (id int primary key, code text constraint "The Code" unique deferrable);
reset role;
alter table parents disable trigger all;
alter table both_sides disable trigger all;
alter table own_side disable trigger all;
do $$
begin
    execute (select format('alter table parents_2 disable trigger %I', tgname) from pg_trigger
        where tgrelid = 'parents_2'::regclass and tgfoid = '"RI_FKey_noaction_del"'::regproc);
end $$;
alter table codes disable trigger all;
-- found V331 constraint public.other_side.other_side_p_fkey: no index of `public.other_side` begins with `p`, as the foreign key `other_side_p_fkey` needs: each delete and each change of the key in `public.parents_2` reads all of `public.other_side`
-- found V338 constraint public.both_sides.both_sides_id_fkey: the foreign key `both_sides_id_fkey` of `public.both_sides` is not checked: its triggers on `public.both_sides` and `public.parents` are disabled
-- found V338 constraint public.codes."The Code": the constraint `The Code` of `public.codes` is not checked: its triggers on `public.codes` are disabled
-- found V338 constraint public.other_side.other_side_p_fkey: the foreign key `other_side_p_fkey` of `public.other_side` is not checked when rows of `public.parents_2` change: its triggers on `public.parents_2` are disabled
-- found V338 constraint public.own_side.own_side_id_fkey: the foreign key `own_side_id_fkey` of `public.own_side` is not checked: its triggers on `public.own_side` and `public.parents` are disabled

-- good: enabled, and always
create function f() returns trigger language plpgsql set search_path = '' as 'begin return new; end';
create table t (id int primary key);
create table u (id int primary key references t);
create trigger a before insert on t for each row execute function f();
create trigger b before insert on t for each row execute function f();
create trigger c before insert on t for each row execute function f();
alter table t disable trigger a;
alter table t enable trigger a;
alter table t enable always trigger b;

-- good: what the platform calls itself
reset role;
create function auth.f() returns trigger language plpgsql set search_path = '' as 'begin return new; end';
create trigger own after insert on auth.users for each row execute function auth.f();
alter table auth.users disable trigger own;
