-- extra trigger app.plain.new_one
create trigger new_one before insert on app.plain for each row execute function app.touch()

-- missing trigger app.users.touched
drop trigger touched on app.users

-- missing trigger app.users.touched
-- extra trigger app.users.renamed
alter trigger touched on app.users rename to renamed

-- changed trigger app.users.touched
alter table app.users disable trigger touched

-- changed trigger app.users.touched
alter table app.users enable always trigger touched

-- changed trigger app.users.touched
alter table app.users enable replica trigger touched

-- changed trigger app.users.quiet
alter table app.users enable trigger quiet

-- changed trigger app.users.touched
-- changed trigger app.users.loud
alter table app.users disable trigger user

-- the columns
-- changed trigger app.users.touched
create or replace trigger touched before update of name on app.users for each row
    when (old.name is distinct from new.name) execute function app.touch('an argument')

-- the condition
-- changed trigger app.users.touched
create or replace trigger touched before update of name, email on app.users for each row
    when (old.name is not distinct from new.name) execute function app.touch('an argument')

-- the arguments
-- changed trigger app.users.touched
create or replace trigger touched before update of name, email on app.users for each row
    when (old.name is distinct from new.name) execute function app.touch('another argument')

-- when it fires
-- changed trigger app.users.touched
create or replace trigger touched after update of name, email on app.users for each row
    when (old.name is distinct from new.name) execute function app.touch('an argument')

-- when a constraint trigger fires
-- changed trigger app.orders.checked
drop trigger checked on app.orders;
create constraint trigger checked after insert on app.orders deferrable for each row execute function app.touch()

-- changed trigger app.measures.on_measures
alter table app.measures disable trigger on_measures

-- missing trigger app.measures.on_measures
drop trigger on_measures on app.measures
