-- Paid calls, metered by the block. What was paid is the ledger's to say; these rows say what is due.
-- epoch: of the one meter that may write. status follows from the rest and is never written.
create table calls (
    id uuid primary key,
    epoch bigint not null default 1,
    fan_id varchar(16) not null,
    creator_id varchar(16) not null check (creator_id <> fan_id),
    initiator text not null check (initiator in ('fan', 'creator')),
    call_type text not null check (call_type in ('voice', 'video')),
    message text not null default '',
    rate_tokens_per_min bigint not null check (rate_tokens_per_min > 0),
    created_at timestamptz not null,
    ringing_at timestamptz,
    accepted_at timestamptz,
    connected_at timestamptz,
    closed_us bigint not null default 0 check (closed_us >= 0),
    interval_number integer,
    evidence_at timestamptz,
    paused_at timestamptz,
    paused_by text,
    blocks integer not null default 0,
    generation integer not null default 0,
    ended_at timestamptz,
    reason text,
    ended_by varchar(16),
    settled_at timestamptz,
    total_cost bigint not null default 0,
    status text generated always as (
        case
            when settled_at is not null and connected_at is null then 'failed'
            when settled_at is not null then 'ended'
            when ended_at is not null then 'ending'
            when connected_at is not null and paused_at is null then 'active'
            when connected_at is not null then 'paused'
            when ringing_at is not null then 'ringing'
            else 'init'
        end
    ) stored,
    duration_seconds bigint generated always as (closed_us / 1000000) stored
) with (fillfactor = 70);
create index calls_live on calls (id) where settled_at is null;
create index calls_fan on calls (fan_id, created_at desc, id desc);
create index calls_creator on calls (creator_id, created_at desc, id desc);

-- Stretches of active time.
create table call_intervals (
    call_id uuid not null references calls (id),
    number integer not null,
    epoch bigint not null,
    started_at timestamptz not null,
    ended_at timestamptz check (ended_at >= started_at),
    primary key (call_id, number)
) with (fillfactor = 70);

-- A block is due once; it is written before the ledger is asked for it. paid: what the ledger said.
create table call_blocks (
    call_id uuid not null references calls (id),
    number integer not null check (number > 0),
    amount bigint not null check (amount >= 0),
    generation integer not null,
    due_at timestamptz not null,
    paid boolean,
    primary key (call_id, number)
) with (fillfactor = 70);
create index call_blocks_unpaid on call_blocks (call_id, number) where paid is null;

-- How far both sides are proved to be there, written often and without waiting for the disk: what a
-- crash of the database loses is not billed.
create table call_evidence (
    call_id uuid primary key,
    epoch bigint not null,
    at timestamptz not null
) with (fillfactor = 50);
