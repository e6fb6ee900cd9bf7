-- a customer does not say what a thing costs
create function private.take_price() returns trigger
language plpgsql set search_path = '' as $$
begin
    select p.price_cents into strict new.price_cents
    from public.products p where p.id = new.product_id and p.status = 'on_sale';
    return new;
end;
$$;
create trigger take_price before insert on public.order_lines
    for each row execute function private.take_price();
