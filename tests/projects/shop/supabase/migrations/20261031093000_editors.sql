-- who may write what everybody reads; kept by the server, asked by policies
create table private.editors (
    user_id uuid primary key references auth.users on delete cascade,
    since date not null default current_date
);
alter table private.editors enable row level security;

create function private.is_editor() returns boolean
language sql stable security definer set search_path = '' as $$
    select exists (select from private.editors e where e.user_id = (select auth.uid()))
$$;
revoke execute on function private.is_editor() from public;
grant execute on function private.is_editor() to authenticated;
