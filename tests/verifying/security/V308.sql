-- bad: names that tell of a secret
create table accounts (
    id int primary key, email text, password_hash text, "apiKey" text, "Credit-Card" text, user_ssn text, token text,
    reset_token uuid, iban varchar(34)
);
grant select on accounts to authenticated;
grant select (id, token) on accounts to anon;
-- found V301 table public.accounts: row level security is off on `public.accounts`, which the API serves: `anon` may select (`id`, `token`); `authenticated` may select
-- found V308 column public.accounts."Credit-Card": column `Credit-Card` of `public.accounts` may hold a secret, and row level security is off: `authenticated` may select it
-- found V308 column public.accounts."apiKey": column `apiKey` of `public.accounts` may hold a secret, and row level security is off: `authenticated` may select it
-- found V308 column public.accounts.iban: column `iban` of `public.accounts` may hold a secret, and row level security is off: `authenticated` may select it
-- found V308 column public.accounts.password_hash: column `password_hash` of `public.accounts` may hold a secret, and row level security is off: `authenticated` may select it
-- found V308 column public.accounts.reset_token: column `reset_token` of `public.accounts` may hold a secret, and row level security is off: `authenticated` may select it
-- found V308 column public.accounts.token: column `token` of `public.accounts` may hold a secret, and row level security is off: `anon` and `authenticated` may select it
-- found V308 column public.accounts.user_ssn: column `user_ssn` of `public.accounts` may hold a secret, and row level security is off: `authenticated` may select it

-- good: with row level security
create table accounts (id int primary key, of_user uuid, password text);
alter table accounts enable row level security;
create policy own on accounts using (of_user = auth.uid());
grant all on accounts to authenticated;

-- good: the column is not for them, or it is no secret; the table is open all the same
create table accounts (
    id int primary key, password text, has_password boolean, password_changed_at timestamptz, token_count int,
    secretary text, treatment_plan text, otp_expires date, keyword text, compass text
);
grant select on accounts to service_role;
grant insert on accounts to anon;
grant select (id, has_password, password_changed_at, token_count, secretary, treatment_plan, otp_expires, keyword, compass)
    on accounts to anon;
-- found V301 table public.accounts: row level security is off on `public.accounts`, which the API serves: `anon` may select (`id`, `has_password`, `password_changed_at`, `token_count`, `secretary`, `treatment_plan`, `otp_expires`, `keyword`, `compass`), insert
