drop view public.my_orders;
drop function public.search_products(text);
