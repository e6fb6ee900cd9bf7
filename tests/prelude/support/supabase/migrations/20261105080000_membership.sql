-- a function of its owner's, so that a policy on members does not ask members again
create schema private;

create function private.is_member(team uuid) returns boolean
language sql stable security definer set search_path = '' as $$
    select exists (select from public.members where team_id = team and user_id = (select auth.uid()))
$$;
revoke all on function private.is_member(uuid) from public;
grant usage on schema private to authenticated;
grant execute on function private.is_member(uuid) to authenticated;

create policy "Members see their team" on public.teams for select to authenticated using (private.is_member(id));
create policy "Members see one another" on public.members for select to authenticated
    using (private.is_member(team_id));
create policy "Members work on tickets" on public.tickets for all to authenticated
    using (private.is_member(team_id)) with check (private.is_member(team_id));

create view public.open_tickets with (security_invoker = true) as
    select t.id, t.title, m.name as team from public.tickets t join public.teams m on m.id = t.team_id
    where t.status = 'open';
grant select on public.open_tickets to authenticated;

create function public.who_am_i() returns jsonb language sql stable as $$
    select jsonb_build_object('id', auth.uid(), 'role', auth.role(), 'email', auth.email())
$$;
revoke execute on function public.who_am_i() from public, anon;
grant execute on function public.who_am_i() to authenticated;

alter role authenticator set pgrst.db_schemas = 'public, graphql_public';
notify pgrst, 'reload config';
