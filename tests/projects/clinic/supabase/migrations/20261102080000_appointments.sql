create table public.appointments (
    id uuid primary key default gen_random_uuid(),
    clinic_id bigint not null references public.clinics on delete restrict,
    patient_id uuid not null default auth.uid() references public.profiles on delete cascade,
    doctor_id uuid not null,
    during tstzrange not null,
    status public.appointment_status not null default 'requested',
    reason text,
    updated_at timestamptz not null default now(),
    constraint appointments_doctor foreign key (clinic_id, doctor_id) references public.staff (clinic_id, person_id),
    constraint appointments_have_an_end check (not isempty(during) and not upper_inf(during)),
    constraint one_patient_at_a_time exclude using gist (doctor_id with =, during with &&) where (status <> 'cancelled')
);
create index appointments_doctor_id on public.appointments (clinic_id, doctor_id);
create index appointments_patient_id on public.appointments (patient_id, lower(during));

create trigger touch before update on public.appointments
    for each row execute function private.touch();

alter table public.appointments enable row level security;
grant select, insert (clinic_id, doctor_id, during, reason), update (status), delete
    on public.appointments to authenticated;
grant all on public.appointments to service_role;

create policy "Patients and staff see appointments" on public.appointments for select to authenticated
    using (patient_id = (select auth.uid()) or private.works_at(clinic_id));
create policy "Patients ask for appointments" on public.appointments for insert to authenticated
    with check (patient_id = (select auth.uid()) and status = 'requested');
create policy "Staff decide about appointments" on public.appointments for update to authenticated
    using (private.works_at(clinic_id)) with check (private.works_at(clinic_id));
create policy "Patients take back what is not confirmed" on public.appointments for delete to authenticated
    using (patient_id = (select auth.uid()) and status = 'requested');
