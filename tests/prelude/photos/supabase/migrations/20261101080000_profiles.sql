-- one profile for everybody who signs up
create table public.profiles (
    id uuid primary key references auth.users on delete cascade,
    username text unique check (char_length(username) >= 3),
    avatar_url text,
    updated_at timestamptz
);

alter table public.profiles enable row level security;
grant select on public.profiles to anon;
grant select, insert, update on public.profiles to authenticated;

create policy "Profiles are visible to everyone" on public.profiles for select using (true);
create policy "People insert their own profile" on public.profiles
    for insert to authenticated with check ((select auth.uid()) = id);
create policy "People update their own profile" on public.profiles
    for update to authenticated using ((select auth.uid()) = id) with check ((select auth.uid()) = id);

create function public.handle_new_user() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    insert into public.profiles (id, username, avatar_url)
    values (new.id, new.raw_user_meta_data ->> 'username', new.raw_user_meta_data ->> 'avatar_url');
    return new;
end;
$$;

create trigger on_auth_user_created after insert on auth.users
    for each row execute function public.handle_new_user();
