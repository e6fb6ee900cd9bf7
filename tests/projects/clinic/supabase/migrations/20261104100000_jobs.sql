create function private.forget_old_requests() returns integer
language plpgsql set search_path = '' as $$
declare
    gone integer;
begin
    delete from public.appointments where status = 'requested' and upper(during) < now() - interval '30 days';
    get diagnostics gone = row_count;
    return gone;
end;
$$;
revoke execute on function private.forget_old_requests() from public;

select cron.schedule('forget old requests', '15 3 * * *', 'select private.forget_old_requests()');
select cron.schedule('busy hours', '0 4 * * 1', 'refresh materialized view concurrently private.busy_hours');
