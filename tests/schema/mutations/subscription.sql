-- extra subscription rich_new
create subscription rich_new connection 'host=/nowhere' publication a
    with (connect = false, enabled = false, create_slot = false, slot_name = none)

-- missing subscription rich_sub
-- missing comment subscription rich_sub
drop subscription rich_sub

-- changed subscription rich_sub
alter subscription rich_sub set publication a with (refresh = false)

-- changed subscription rich_sub
alter subscription rich_sub set (slot_name = 'other')

-- changed subscription rich_sub
alter subscription rich_sub set (synchronous_commit = 'local')

-- changed subscription rich_sub
alter subscription rich_sub set (binary = true)

-- since 180000
-- changed subscription rich_sub
alter subscription rich_sub set (streaming = off)

-- changed subscription rich_sub
alter subscription rich_sub set (streaming = on)

-- since 150000
-- changed subscription rich_sub
alter subscription rich_sub set (disable_on_error = true)

-- since 160000
-- changed subscription rich_sub
alter subscription rich_sub set (password_required = false)

-- since 160000
-- changed subscription rich_sub
alter subscription rich_sub set (run_as_owner = true)

-- since 160000
-- changed subscription rich_sub
alter subscription rich_sub set (origin = none)

-- since 170000
-- changed subscription rich_sub
-- missing comment subscription rich_sub
drop subscription rich_sub;
create subscription rich_sub connection 'host=/nowhere' publication a, b
    with (connect = false, enabled = false, create_slot = false, slot_name = none, failover = true)

-- since 150000
-- changed subscription rich_sub
-- missing comment subscription rich_sub
drop subscription rich_sub;
create subscription rich_sub connection 'host=/nowhere' publication a, b
    with (connect = false, enabled = false, create_slot = false, slot_name = none, two_phase = true)

-- changed subscription rich_sub
alter role rich_owner superuser;
alter subscription rich_sub owner to rich_owner
