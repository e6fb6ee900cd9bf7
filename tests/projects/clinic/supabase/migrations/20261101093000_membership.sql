-- a function of its owner's, so that a policy on staff does not ask staff again
create function private.works_at(clinic bigint) returns boolean
language sql stable security definer set search_path = '' as $$
    select exists (
        select from public.staff s where s.clinic_id = clinic and s.person_id = (select auth.uid())
    )
$$;
revoke execute on function private.works_at(bigint) from public;
grant execute on function private.works_at(bigint) to authenticated;

create policy "Everybody sees clinics" on public.clinics for select to anon, authenticated using (true);
create policy "Staff see colleagues" on public.staff
    for select to authenticated using (private.works_at(clinic_id));
