-- Shared entities that outlive their owners' visits. Written every few seconds, under the space's epoch.
create table space_entities (
    space_type varchar(32) not null,
    space_id varchar(255) not null,
    subspace varchar(64) not null default 'main',
    entity_id varchar(128) not null,
    owner varchar(64) not null, -- a socket id
    owner_account varchar(16),
    owned_at_ms bigint not null,
    time_ms bigint not null, -- of the newest change
    creator varchar(64),
    template text,
    parent varchar(128),
    locked boolean not null default false,
    components jsonb not null default '{}',
    primary key (space_type, space_id, subspace, entity_id)
) with (fillfactor = 70); -- Most writes replace a row.
