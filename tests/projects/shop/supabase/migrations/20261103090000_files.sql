insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
values
    ('product-images', 'product-images', true, 2097152, '{image/png,image/jpeg,image/webp}'),
    ('invoices', 'invoices', false, null, '{application/pdf}')
on conflict (id) do nothing;

create policy product_images_insert on storage.objects for insert to authenticated
    with check (bucket_id = 'product-images' and (select private.is_editor()));
create policy product_images_delete on storage.objects for delete to authenticated
    using (bucket_id = 'product-images' and (select private.is_editor()));
create policy own_invoices on storage.objects for select to authenticated
    using (bucket_id = 'invoices' and owner_id = (select auth.uid()::text));
