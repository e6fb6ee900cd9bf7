create table public.clinics (
    id bigint generated always as identity primary key,
    name text not null,
    postcode public.postcode not null,
    opens time not null default '08:00',
    closes time not null default '18:00',
    constraint opens_before_it_closes check (opens < closes),
    unique (name, postcode)
);

create table public.staff (
    clinic_id bigint not null references public.clinics on delete cascade,
    person_id uuid not null references public.profiles on delete cascade,
    role public.staff_role not null,
    primary key (clinic_id, person_id)
);
create index staff_person_id on public.staff (person_id);

alter table public.clinics enable row level security;
alter table public.staff enable row level security;
grant select on public.clinics to anon, authenticated;
grant select on public.staff to authenticated;
grant all on public.clinics, public.staff to service_role;
