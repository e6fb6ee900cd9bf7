create table public.profiles (
    id uuid primary key references auth.users on delete cascade,
    username text unique check (username ~ '^[a-z][a-z0-9_]{2,29}$'),
    newsletter boolean not null default false,
    updated_at timestamptz not null default now()
);
alter table public.profiles enable row level security;
grant select, update (username, newsletter) on public.profiles to authenticated;
grant all on public.profiles to service_role;

create policy own_profile_select on public.profiles
    for select to authenticated using (id = (select auth.uid()));
create policy own_profile_update on public.profiles
    for update to authenticated using (id = (select auth.uid())) with check (id = (select auth.uid()));

create trigger profiles_updated_at before update on public.profiles
    for each row execute function extensions.moddatetime(updated_at);

create function private.handle_new_user() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    insert into public.profiles (id, username) values (new.id, new.raw_user_meta_data ->> 'username');
    return new;
end;
$$;
revoke execute on function private.handle_new_user() from public;

create trigger on_auth_user_created after insert on auth.users
    for each row execute function private.handle_new_user();
