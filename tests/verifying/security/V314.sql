-- bad: a queue that roles of the API may use, by the functions of the schema that is served
create extension pgmq;
select pgmq.create('jobs');
select pgmq.create('Other Jobs');
select pgmq.create('guarded');
select pgmq.create('closed');
create schema pgmq_public;
grant usage on schema pgmq_public, pgmq to anon, authenticated;
alter role authenticator set pgrst.db_schemas = 'public, pgmq_public';
grant select, insert, update, delete on pgmq.q_jobs to anon;
grant insert on pgmq."q_other jobs" to authenticated;
grant select on pgmq.a_jobs, pgmq.meta to anon;
grant all on pgmq.q_guarded to anon, authenticated;
alter table pgmq.q_guarded enable row level security;
-- found V314 table pgmq."q_other jobs": row level security is off on the queue `pgmq."q_other jobs"`, which the API serves by the schema `pgmq_public`: `authenticated` may insert
-- found V314 table pgmq.q_jobs: row level security is off on the queue `pgmq.q_jobs`, which the API serves by the schema `pgmq_public`: `anon` may select, insert, update, delete

-- good: queues are not served
create extension pgmq;
select pgmq.create('jobs');
create schema pgmq_public;
grant usage on schema pgmq_public, pgmq to anon, authenticated;
grant all on pgmq.q_jobs to anon, authenticated;
