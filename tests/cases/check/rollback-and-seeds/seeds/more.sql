insert into users values (2, 'grace@example.com')
on conflict (user_id) do update set email = excluded.email || '.';
