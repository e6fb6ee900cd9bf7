create type public.staff_role as enum ('doctor', 'nurse', 'reception');
create type public.appointment_status as enum ('requested', 'confirmed', 'seen', 'cancelled');

create domain public.postcode as text
    constraint postcode_form check (value ~ '^[0-9A-Z][0-9A-Z -]{2,8}$');
