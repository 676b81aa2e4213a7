-- Disputes of sales: why, and how far each has come. What is frozen, and where it went, is the
-- ledger's to say.
create table disputes (
    id uuid primary key,
    sale uuid not null unique,
    kind text not null check (kind in ('tip', 'stream_ticket', 'space_ticket')),
    account varchar(16) not null,
    reason text not null,
    status text not null
        check (status in ('opening', 'open', 'winning', 'won', 'losing', 'lost')),
    opened_by varchar(16) not null,
    opened_at timestamptz not null,
    closed_by varchar(16),
    closed_at timestamptz
);
create index disputes_newest on disputes (opened_at desc, id desc);
create index disputes_unfinished on disputes (account)
    where status in ('opening', 'winning', 'losing');
