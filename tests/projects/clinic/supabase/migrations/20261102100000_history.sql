-- who decided what, a partition a year
create table public.appointment_history (
    appointment_id uuid not null,
    changed_at timestamptz not null default now(),
    changed_by uuid default auth.uid(),
    status public.appointment_status not null,
    primary key (appointment_id, changed_at)
) partition by range (changed_at);
create table public.appointment_history_2026 partition of public.appointment_history
    for values from ('2026-01-01') to ('2027-01-01');
create table public.appointment_history_later partition of public.appointment_history default;

alter table public.appointment_history enable row level security;
alter table public.appointment_history_2026 enable row level security;
alter table public.appointment_history_later enable row level security;
grant select on public.appointment_history to authenticated;
grant all on public.appointment_history to service_role;
create policy "Who sees an appointment sees its history" on public.appointment_history for select to authenticated
    using (exists (select from public.appointments a where a.id = appointment_id));

create function private.keep_history() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    insert into public.appointment_history (appointment_id, status) values (new.id, new.status);
    return null;
end;
$$;
revoke execute on function private.keep_history() from public;

create trigger keep_history after insert or update of status on public.appointments
    for each row execute function private.keep_history();
