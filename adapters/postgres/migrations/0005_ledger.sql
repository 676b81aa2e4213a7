-- The ledger: accounts, commands and transfers. Rows of transfers and commands never change.
-- Amounts are whole minor units of any size up to 38 digits.
create domain minor as numeric check (value = trunc(value) and abs(value) < 1e38);
-- Sums of amounts: as large as they get. A writer could not know that a bound will be passed.
create domain minor_sum as numeric check (value = trunc(value));

-- posted: credits minus debits; what the ledger owes the holder. floor: what posted - pending_out
-- may not go below; null: no limit. total_in, total_out: all that was ever posted into and out of it.
-- No index holds a column that moves, so updates stay in the page.
create table ledger_accounts (
    account text not null,
    asset text not null,
    floor minor_sum,
    posted minor_sum not null default 0,
    pending_out minor_sum not null default 0 check (pending_out >= 0),
    pending_in minor_sum not null default 0 check (pending_in >= 0),
    total_in minor_sum not null default 0,
    total_out minor_sum not null default 0,
    created_at timestamptz not null default now(),
    primary key (account, asset),
    constraint ledger_accounts_floor check (floor is null or posted - pending_out >= floor)
) with (fillfactor = 50);

-- One row a command, refused ones too: an id answers the same for ever. Its transfers stand together:
-- `transfers` of them from `first_sequence` on, which tells the place of a refused one as well.
create table ledger_commands (
    id uuid primary key,
    digest bytea not null,
    refusal jsonb,
    first_sequence bigint not null,
    transfers smallint not null,
    decided_at timestamptz not null
);
create index ledger_commands_place on ledger_commands using brin (first_sequence)
    with (pages_per_range = 8, autosummarize = on);

create table ledger_transfers (
    sequence bigint primary key,
    id uuid not null unique,
    command_id uuid, -- null: the ledger's own, an expiry
    flag text not null check (flag in ('plain', 'pending', 'post', 'void', 'expire')),
    kind text not null,
    debit text not null,
    credit text not null check (credit <> debit),
    asset text not null,
    amount minor not null check (amount > 0),
    pending_id uuid,
    released minor not null default 0,
    expires_at timestamptz,
    at timestamptz not null,
    ref text not null default '',
    details jsonb not null default '{}',
    debit_posted minor_sum not null,
    credit_posted minor_sum not null
);
create index ledger_transfers_debit on ledger_transfers (debit, asset, sequence);
create index ledger_transfers_credit on ledger_transfers (credit, asset, sequence);
create index ledger_transfers_ref on ledger_transfers (ref, sequence) where ref <> '';
-- A pending is resolved once.
create unique index ledger_transfers_resolves on ledger_transfers (pending_id)
    where pending_id is not null;

-- The pendings that nothing has resolved yet.
create table ledger_pendings (
    id uuid primary key,
    sequence bigint not null
);

create table ledger_frozen (
    account text primary key,
    reason text not null,
    since timestamptz not null default now()
);

-- One row a batch: sealed later, in order, off the hot path.
create table ledger_batches (
    last_sequence bigint primary key,
    first_sequence bigint not null unique,
    at timestamptz not null
);
create table ledger_seals (
    last_sequence bigint primary key references ledger_batches (last_sequence),
    previous bytea not null,
    seal bytea not null,
    leaves bytea not null -- 32 bytes a row: which of a batch's rows was changed
);

-- A row's leaf: the hash of a zero byte and the row as JSON, times in microseconds since 1970.
create function ledger_leaf(variadic _row jsonb[]) returns bytea language sql immutable
return sha256('\x00'::bytea || convert_to(to_jsonb(_row)::text, 'UTF8'));

create function ledger_us(_at timestamptz) returns jsonb language sql immutable
return to_jsonb((extract(epoch from _at) * 1000000)::bigint);

-- The leaves of a batch, one after the other: its transfers, then the commands that stand in it.
create function ledger_leaves(_first bigint, _last bigint) returns bytea language sql stable as $$
    select coalesce(string_agg(leaf, ''::bytea order by part, sequence, id), ''::bytea) from (
        select 0 as part, t.sequence, t.id, ledger_leaf(
            to_jsonb(t.sequence), to_jsonb(t.id), to_jsonb(t.command_id), to_jsonb(t.flag),
            to_jsonb(t.kind), to_jsonb(t.debit), to_jsonb(t.credit), to_jsonb(t.asset),
            to_jsonb(t.amount::text), to_jsonb(t.pending_id), to_jsonb(t.released::text),
            ledger_us(t.expires_at), ledger_us(t.at), to_jsonb(t.ref), t.details,
            to_jsonb(t.debit_posted::text), to_jsonb(t.credit_posted::text)
        ) as leaf
        from ledger_transfers t where t.sequence between _first and _last
        union all
        select 1, c.first_sequence, c.id, ledger_leaf(
            to_jsonb(c.id), to_jsonb(encode(c.digest, 'hex')), c.refusal,
            to_jsonb(c.first_sequence), to_jsonb(c.transfers), ledger_us(c.decided_at)
        )
        from ledger_commands c where c.first_sequence between _first and _last
    ) as part;
$$;

create function ledger_is_immutable() returns trigger language plpgsql as $$
begin
    raise exception 'rows of % never change', tg_table_name using errcode = 'LI001';
end $$;
create trigger ledger_transfers_immutable before update or delete or truncate on ledger_transfers
    for each statement execute function ledger_is_immutable();
create trigger ledger_commands_immutable before update or delete or truncate on ledger_commands
    for each statement execute function ledger_is_immutable();
create trigger ledger_batches_immutable before update or delete or truncate on ledger_batches
    for each statement execute function ledger_is_immutable();
create trigger ledger_seals_immutable before update or delete or truncate on ledger_seals
    for each statement execute function ledger_is_immutable();

-- Makes a batch durable in one round trip. Raises LS001 when it rests on something that is not so:
-- a gap in the sequence, a pending that is resolved, a balance that differs from what the writer
-- expects. The fence keeps other writers out, so no row needs a lock of its own before the update.
create function ledger_post(
    _actor text, _epoch bigint, _at timestamptz, _follows bigint,
    _commands uuid[], _digests bytea[], _refusals jsonb[], _firsts bigint[], _counts smallint[],
    _sequences bigint[], _ids uuid[], _of uuid[], _flags text[], _kinds text[], _debits text[],
    _credits text[], _assets text[], _amounts numeric[], _pendings uuid[], _released numeric[],
    _expires timestamptz[], _refs text[], _details jsonb[], _debit_posted numeric[],
    _credit_posted numeric[],
    _new_accounts text[], _new_assets text[], _new_floors numeric[],
    _accounts text[], _account_assets text[], _posted numeric[], _out numeric[], _in numeric[]
) returns boolean language plpgsql as $$
declare
    resolved bigint;
    agreed bigint;
    touched bigint;
begin
    perform from actor_epoch where actor = _actor and epoch = _epoch for share;
    if not found then
        return false;
    end if;

    if (select max(last_sequence) from ledger_batches) is distinct from nullif(_follows, 0) then
        raise exception 'the batch does not follow on the last row' using errcode = 'LS001';
    end if;

    insert into ledger_commands (id, digest, refusal, first_sequence, transfers, decided_at)
    select id, digest, refusal, first_sequence, transfers, _at
    from unnest(_commands, _digests, _refusals, _firsts, _counts)
        as c (id, digest, refusal, first_sequence, transfers);
    if cardinality(_sequences) = 0 then
        return true;
    end if;

    insert into ledger_batches (first_sequence, last_sequence, at)
    values (_sequences[1], _sequences[cardinality(_sequences)], _at);
    if _sequences[1] <> _follows + 1
        or _sequences[cardinality(_sequences)] <> _follows + cardinality(_sequences)
    then
        raise exception 'there is a gap in the sequence' using errcode = 'LS001';
    end if;

    insert into ledger_transfers
    select e.sequence, e.id, e.command_id, e.flag, e.kind, e.debit, e.credit, e.asset, e.amount,
        e.pending_id, e.released, e.expires_at, _at, e.ref, e.details, e.debit_posted,
        e.credit_posted
    from unnest(_sequences, _ids, _of, _flags, _kinds, _debits, _credits, _assets, _amounts,
        _pendings, _released, _expires, _refs, _details, _debit_posted, _credit_posted)
        as e (sequence, id, command_id, flag, kind, debit, credit, asset, amount, pending_id,
            released, expires_at, ref, details, debit_posted, credit_posted);

    if 'pending' = any (_flags) then
        insert into ledger_pendings (id, sequence)
        select id, sequence from unnest(_ids, _sequences, _flags) as p (id, sequence, flag)
        where flag = 'pending';
    end if;
    delete from ledger_pendings p using unnest(_pendings) as r (id) where p.id = r.id;
    get diagnostics resolved = row_count;
    if resolved <> cardinality(array_remove(_pendings, null)) then
        raise exception 'a pending transfer is resolved already' using errcode = 'LS001';
    end if;

    insert into ledger_accounts (account, asset, floor)
    select account, asset, floor
    from unnest(_new_accounts, _new_assets, _new_floors) as a (account, asset, floor)
    on conflict do nothing;

    -- What moved is computed from the rows themselves, not taken from the writer.
    with moved as (
        select debit, credit, asset,
            case when flag in ('plain', 'post') then amount else 0 end as posted,
            case when flag = 'pending' then amount else -released end as held
        from ledger_transfers where sequence between _sequences[1]
            and _sequences[cardinality(_sequences)]
    ),
    change as (
        select account, asset, sum(went_in) as went_in, sum(went_out) as went_out,
            sum(held_out) as held_out, sum(held_in) as held_in
        from (
            select debit as account, asset, 0 as went_in, posted as went_out, held as held_out,
                0 as held_in
            from moved
            union all
            select credit, asset, posted, 0, 0, held from moved
        ) as side
        group by account, asset
    ),
    updated as (
        update ledger_accounts a set
            posted = a.posted + c.went_in - c.went_out,
            pending_out = a.pending_out + c.held_out,
            pending_in = a.pending_in + c.held_in,
            total_in = a.total_in + c.went_in,
            total_out = a.total_out + c.went_out
        from change c where a.account = c.account and a.asset = c.asset
        returning a.account, a.asset, a.posted, a.pending_out, a.pending_in
    )
    select count(*), (select count(*) from change) into agreed, touched from updated u
    join unnest(_accounts, _account_assets, _posted, _out, _in)
        as t (account, asset, posted, held_out, held_in)
        on u.account = t.account and u.asset = t.asset
        and (u.posted, u.pending_out, u.pending_in) = (t.posted, t.held_out, t.held_in);
    if agreed <> cardinality(_accounts) or touched <> agreed then
        raise exception 'a balance is not what the writer expects' using errcode = 'LS001';
    end if;
    return true;
end $$;
