select cron.unschedule('busy hours');
select cron.unschedule('forget old requests');
drop function private.forget_old_requests();
