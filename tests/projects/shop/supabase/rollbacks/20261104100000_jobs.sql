select cron.unschedule('warm the cache');
select cron.unschedule('forget open orders');
