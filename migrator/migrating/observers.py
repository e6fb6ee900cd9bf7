"""Who writes the text of statements elsewhere: asked in the query of the ledger, before a run.

Every statement's source text is the whole message that it came in. So whatever stores it, stores a message once for
each of its statements, and a run that knows of such an observer sends one statement a message.
"""

OBSERVERS = """(select jsonb_agg(name) from (
    select 'pgaudit' where coalesce(current_setting('pgaudit.log', true), 'none') not in ('', 'none')
    union all
    select 'auto_explain' from pg_catalog.pg_settings
    where name = 'auto_explain.log_min_duration' and setting::bigint between 0 and 100
    union all
    (select p.oid::regprocedure::text from pg_catalog.pg_proc p
     where p.pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
       and p.prosrc like '%current_query%' limit 1)) observer(name))"""
"""Loggers and audit triggers that would store a message's whole text once for every statement in it. auto_explain
counts when it logs fast statements too: with a threshold of seconds, as on Supabase, only a few can reach it."""
