-- Who could hear whom: differences in batches, chained from a key batch. See docs/rules/audibility.md.
create table audibility_batches (
    space_type varchar(32) not null,
    space_id varchar(255) not null,
    subspace varchar(64) not null default 'main',
    epoch bigint not null, -- the space's activation
    number integer not null,
    key_number integer not null, -- the batch that its chain begins with
    from_us bigint not null, -- microseconds since the Unix epoch
    until_us bigint not null check (until_us > from_us),
    data bytea not null,
    primary key (space_type, space_id, subspace, epoch, number)
);
alter table audibility_batches alter column data set storage external; -- compressed already
create index audibility_batches_by_time
    on audibility_batches (space_type, space_id, subspace, from_us);
create index audibility_batches_by_age on audibility_batches (until_us);
