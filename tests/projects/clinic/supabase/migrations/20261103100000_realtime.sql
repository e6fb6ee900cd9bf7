alter publication supabase_realtime add table public.appointments;
alter publication supabase_realtime add table public.clinics (id, name, opens, closes);

create policy "Staff hear of their clinic" on realtime.messages for select to authenticated
    using (
        extension = 'broadcast'
        and exists (
            select from public.staff s
            where s.person_id = (select auth.uid()) and 'clinic:' || s.clinic_id = (select realtime.topic())
        )
    );
