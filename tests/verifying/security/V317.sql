-- bad: a unique column of the platform
create table phones (id int primary key, number text constraint "By Phone" references auth.users (phone));
create table parted (id int, number text references auth.users (phone)) partition by list (id);
create table parted_1 partition of parted for values in (1);
-- found V317 constraint public.parted.parted_number_fkey: foreign key `parted_number_fkey` of `public.parted` refers to `phone` of `auth.users`, which is unique, but no primary key: updates of Supabase's `auth` may drop that index
-- found V317 constraint public.phones."By Phone": foreign key `"By Phone"` of `public.phones` refers to `phone` of `auth.users`, which is unique, but no primary key: updates of Supabase's `auth` may drop that index

-- good: the primary key
create table profiles (id uuid primary key references auth.users on delete cascade);
create table by_id (id int primary key, of_user uuid references auth.users (id));
create table own (number text unique);
create table of_own (number text references own (number));
