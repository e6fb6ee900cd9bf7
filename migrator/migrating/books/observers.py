"""Who writes the text of statements elsewhere: asked in the query of the ledger, before a run.

Every statement's source text is the whole message that it came in. So whatever stores it, stores a message once for
each of its statements. What stores a message once (`log_statement`, `log_min_duration_statement`) or the statement's
own part of it (`pg_stat_statements`) is none.
"""

OBSERVERS = """(select jsonb_agg(name) from (
    (select 'pgaudit' from pg_catalog.pg_settings
     where name = 'pgaudit.log' and setting not in ('', 'none') or name = 'pgaudit.role' and setting <> '' limit 1)
    union all
    select 'auto_explain' from pg_catalog.pg_settings
    where name = 'auto_explain.log_min_duration' and setting::bigint between 0 and 100
    union all
    (select p.oid::regprocedure::text from pg_catalog.pg_proc p
     where p.pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
       and p.prolang not in (select l.oid from pg_catalog.pg_language l where l.lanname in ('c', 'internal'))
       and (p.prosrc ilike '%current\\_query%' or p.prosqlbody::text like '%:funcid 817 %') limit 1)
    union all
    (select format('%s.%I', d.adrelid::regclass, a.attname) from pg_catalog.pg_attrdef d
     join pg_catalog.pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
     where d.adbin::text like '%:funcid 817 %' limit 1)
    union all
    (select format('%I on %s', r.rulename, r.ev_class::regclass) from pg_catalog.pg_rewrite r
     where r.ev_type <> '1' and r.ev_action::text like '%:funcid 817 %' limit 1)) observer(name))"""
"""Loggers and audit triggers that would store a message's whole text once for every statement in it. auto_explain
counts when it logs fast statements too: with a threshold of seconds, as on Supabase, only a few can reach it.

A function tells by its source; one with a body of the SQL standard, the default of a column and a rule by their parsed
form, in which `current_query()` is number 817 (`pg_proc.dat` of PostgreSQL). `dblink` brings a C function whose name
holds the word and which stores nothing. The settings are those of this session, so also those of its role and database;
everybody may read them, and a library that is not loaded has none."""
