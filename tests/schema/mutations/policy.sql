-- extra policy app.plain.new_one
create policy new_one on app.plain using (true)

-- missing policy app.locked_down.mine
drop policy mine on app.locked_down

-- missing policy app.locked_down.mine
-- extra policy app.locked_down.renamed
alter policy mine on app.locked_down rename to renamed

-- changed policy app.locked_down.mine
alter policy mine on app.locked_down to rich_reader

-- changed policy app.locked_down.mine
alter policy mine on app.locked_down to public

-- changed policy app.locked_down.mine
alter policy mine on app.locked_down using (true)

-- changed policy app.locked_down.fresh
alter policy fresh on app.locked_down with check (a > 1)

-- changed policy app.locked_down.mine
alter policy mine on app.locked_down with check (a > 1)

-- the command
-- changed policy app.locked_down.fresh
drop policy fresh on app.locked_down; create policy fresh on app.locked_down for update with check (a > 0)

-- from restrictive to permissive: it opens what it closed
-- changed policy app.locked_down.narrow
drop policy narrow on app.locked_down; create policy narrow on app.locked_down for select to public using (a < 100)
