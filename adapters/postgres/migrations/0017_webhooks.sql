-- Webhooks that leave us. Secrets stand here as they are: whoever signs needs them.
create table webhook_endpoints (
    id uuid primary key,
    owner varchar(16) not null,
    for_all boolean not null,
    url text not null,
    events text[] not null,
    secret text not null,
    previous_secret text,
    previous_until timestamptz,
    since bigint not null, -- the last row of the ledger before what it is told of
    disabled text,
    disabled_at timestamptz,
    created_at timestamptz not null
);
create index webhook_endpoints_owner on webhook_endpoints (owner, created_at);

-- Up to which row of the ledger deliveries have been made.
create table webhook_cursor (
    herald text primary key,
    sequence bigint not null
);
insert into webhook_cursor (herald, sequence) values ('herald:main', 0);

-- How many events of an aggregate an endpoint has been told; they outlive the deliveries.
create table webhook_counts (
    endpoint uuid not null references webhook_endpoints (id) on delete cascade,
    aggregate text not null,
    seq bigint not null,
    primary key (endpoint, aggregate)
);

create table webhook_deliveries (
    endpoint uuid not null references webhook_endpoints (id) on delete cascade,
    event uuid not null,
    type text not null,
    aggregate text not null,
    seq bigint not null,
    body bytea not null,
    created_at timestamptz not null,
    next_at timestamptz not null,
    state text not null default 'pending' check (state in ('pending', 'delivered', 'failed')),
    attempts integer not null default 0,
    first_at timestamptz,
    last_at timestamptz,
    status integer,
    error text,
    primary key (endpoint, event),
    unique (endpoint, aggregate, seq)
);
create index webhook_deliveries_due on webhook_deliveries (endpoint, next_at)
    where state = 'pending';
create index webhook_deliveries_first
    on webhook_deliveries (endpoint, aggregate collate "C", seq) include (next_at, event)
    where state = 'pending';
create index webhook_deliveries_newest on webhook_deliveries (endpoint, created_at desc);
create index webhook_deliveries_over on webhook_deliveries (created_at) where state <> 'pending';

-- Keeps deliveries in the order in which they are given; each is numbered within its aggregate, and
-- its number ends its body. Endpoints that are gone, and events that an endpoint has, are left out.
create function webhook_keep(
    _at timestamptz, _endpoints uuid[], _events uuid[], _types text[], _aggregates text[],
    _bodies text[]
) returns void language sql as $$
    with new as (
        select n, endpoint, event, type, aggregate, body
        from unnest(_endpoints, _events, _types, _aggregates, _bodies) with ordinality
            as d (endpoint, event, type, aggregate, body, n)
        where exists (select from webhook_endpoints e where e.id = d.endpoint)
            and not exists (
                select from webhook_deliveries k where k.endpoint = d.endpoint and k.event = d.event
            )
    ),
    counted as (
        insert into webhook_counts as c (endpoint, aggregate, seq)
        select endpoint, aggregate, count(*) from new group by endpoint, aggregate
        order by endpoint, aggregate
        on conflict (endpoint, aggregate) do update set seq = c.seq + excluded.seq
        returning c.endpoint, c.aggregate, c.seq
    ),
    numbered as (
        select new.*, c.seq - count(*) over all_of_it + row_number() over so_far as seq
        from new join counted c using (endpoint, aggregate)
        window all_of_it as (partition by endpoint, aggregate),
            so_far as (partition by endpoint, aggregate order by n)
    )
    insert into webhook_deliveries (endpoint, event, type, aggregate, seq, body, created_at, next_at)
    select endpoint, event, type, aggregate, seq, convert_to(body || seq || '}', 'UTF8'), _at, _at
    from numbered order by n;
$$;

-- The herald's: deliveries and the cursor's next place, both or neither.
create function webhook_fan_out(
    _actor text, _epoch bigint, _follows bigint, _cursor bigint, _at timestamptz,
    _endpoints uuid[], _events uuid[], _types text[], _aggregates text[], _bodies text[]
) returns boolean language plpgsql as $$
begin
    perform from actor_epoch where actor = _actor and epoch = _epoch for share;
    if not found then
        return false;
    end if;
    update webhook_cursor set sequence = _cursor where herald = _actor and sequence = _follows;
    if not found then
        return false;
    end if;
    perform webhook_keep(_at, _endpoints, _events, _types, _aggregates, _bodies);
    return true;
end $$;
