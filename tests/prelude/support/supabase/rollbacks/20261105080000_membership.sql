alter role authenticator reset pgrst.db_schemas;
drop function public.who_am_i();
drop view public.open_tickets;
drop policy "Members see their team" on public.teams;
drop policy "Members see one another" on public.members;
drop policy "Members work on tickets" on public.tickets;
drop schema private cascade;
