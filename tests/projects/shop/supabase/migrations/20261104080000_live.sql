alter publication supabase_realtime add table public.orders;
alter table public.orders replica identity full;

create policy own_orders_live on realtime.messages for select to authenticated
    using (realtime.topic() = 'orders:' || (select auth.uid())::text);

create function private.order_changed() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    perform realtime.broadcast_changes(
        'orders:' || new.customer_id::text, tg_op, tg_op, tg_table_name, tg_table_schema, new, old);
    return null;
end;
$$;
revoke execute on function private.order_changed() from public;
create trigger order_changed after update of status on public.orders
    for each row execute function private.order_changed();
