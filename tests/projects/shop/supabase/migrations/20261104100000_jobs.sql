select cron.schedule('forget open orders', '30 2 * * *', $$
    delete from public.orders where status = 'open' and ordered_at < now() - interval '14 days'
$$);
select cron.schedule('warm the cache', '*/10 6-22 * * *', $$
    select net.http_get('https://shop.example.com/')
$$);
