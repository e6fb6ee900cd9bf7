select cron.unschedule('close solved tickets');
delete from vault.secrets where name = 'hook_token';
drop table public.api_keys;
