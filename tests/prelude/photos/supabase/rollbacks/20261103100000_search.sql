drop function public.similar_photos(extensions.vector, int);
drop table public.photos;
