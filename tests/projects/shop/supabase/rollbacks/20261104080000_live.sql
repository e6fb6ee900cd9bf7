drop trigger order_changed on public.orders;
drop function private.order_changed();
drop policy own_orders_live on realtime.messages;
alter table public.orders replica identity default;
alter publication supabase_realtime drop table public.orders;
