drop materialized view private.busy_hours;
drop view public.my_day;
