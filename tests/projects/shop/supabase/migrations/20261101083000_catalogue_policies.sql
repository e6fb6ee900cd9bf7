create policy categories_read on public.categories for select using (true);
create policy categories_insert on public.categories
    for insert to authenticated with check ((select private.is_editor()));
create policy categories_update on public.categories
    for update to authenticated using ((select private.is_editor())) with check ((select private.is_editor()));
create policy categories_delete on public.categories
    for delete to authenticated using ((select private.is_editor()));

create policy products_read on public.products for select to anon using (status <> 'draft');
create policy products_read_known on public.products
    for select to authenticated using (status <> 'draft' or (select private.is_editor()));
create policy products_insert on public.products
    for insert to authenticated with check ((select private.is_editor()));
create policy products_update on public.products
    for update to authenticated using ((select private.is_editor())) with check ((select private.is_editor()));
create policy products_delete on public.products
    for delete to authenticated using ((select private.is_editor()) and status = 'draft');
