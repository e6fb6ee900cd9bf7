-- tables that are somewhere else, or are kept in another way
create foreign data wrapper idle_wrapper;
create server idle_server foreign data wrapper idle_wrapper;
create foreign table app.far (
    a integer options (name 'x', kind 'y') not null, b text default 'far', constraint far_check check (a > 0)
) server idle_server options (place 'there', deep 'yes');
create server other_server foreign data wrapper idle_wrapper;
create access method own_heap type table handler heap_tableam_handler;
create table app.kept_apart (a integer) using own_heap;
