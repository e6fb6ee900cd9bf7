create table public.profiles (
    id uuid primary key references auth.users on delete cascade,
    display_name text not null default '',
    locale text not null default 'en' check (locale in ('en', 'de', 'fr')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
comment on table public.profiles is 'One row for each person with a login, made by a trigger on auth.users';

alter table public.profiles enable row level security;
grant select, update (display_name, locale) on public.profiles to authenticated;
grant all on public.profiles to service_role;

create policy "People see themselves" on public.profiles
    for select to authenticated using ((select auth.uid()) = id);
create policy "People change themselves" on public.profiles
    for update to authenticated using ((select auth.uid()) = id) with check ((select auth.uid()) = id);

create function private.handle_new_user() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    insert into public.profiles (id, display_name)
    values (new.id, coalesce(new.raw_user_meta_data ->> 'display_name', ''))
    on conflict (id) do nothing;
    return new;
end;
$$;
revoke execute on function private.handle_new_user() from public;

create trigger on_auth_user_created after insert on auth.users
    for each row execute function private.handle_new_user();

create function private.touch() returns trigger
language plpgsql set search_path = '' as $$
begin
    new.updated_at := now();
    return new;
end;
$$;

create trigger touch before update on public.profiles
    for each row execute function private.touch();
