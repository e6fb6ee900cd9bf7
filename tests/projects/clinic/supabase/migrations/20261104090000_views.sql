create view public.my_day with (security_invoker = true) as
    select a.id, c.name as clinic, lower(a.during) as begins, a.status
    from public.appointments a join public.clinics c on c.id = a.clinic_id
    where lower(a.during)::date = current_date;
grant select on public.my_day to authenticated;

-- for reports of the server alone
create materialized view private.busy_hours as
    select a.clinic_id, extract(hour from lower(a.during))::integer as hour, count(*) as appointments
    from public.appointments a group by a.clinic_id, hour;
create unique index busy_hours_key on private.busy_hours (clinic_id, hour);
grant select on private.busy_hours to service_role;
