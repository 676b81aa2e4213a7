-- The ledger as the product documents name it: nothing is kept twice, so nothing can disagree.

-- Money, and how many digits after the point its amounts have. Other assets (seats, rights) are
-- counted in the ledger too and are nobody's income.
create table ledger_assets (
    asset text primary key,
    exponent smallint not null check (exponent between 0 and 30)
);
insert into ledger_assets (asset, exponent) values
    ('USD', 2), ('TOK', 0), ('HIVE', 3), ('HBD', 3), ('DLUX', 3), ('BTC', 8), ('SOL', 9),
    ('XMR', 12), ('ETH', 18), ('POL', 18), ('BNB', 18);

-- Two rows a movement: what the one paid, and what the other got. Holds move nothing.
create function ledger_person(_account text) returns text language sql immutable
return case when _account ~ '^(user|creator):' then split_part(_account, ':', 2) end;

create view billing_events as
select side.id, ledger_person(side.account) as user_id,
    case
        when kind like 'ticket%' then 'ticket'
        else coalesce(nullif(split_part(ref, ':', 1), ''), kind)
    end as subject_type,
    case
        when kind like 'ticket%' or ref = '' then command_id::text
        else substr(ref, strpos(ref, ':') + 1)
    end as subject_id,
    case when kind like 'call%' then 'ppm' else regexp_replace(kind, '_share$', '') end as reason,
    side.delta_tokens, side.balance_after, side.asset, side.account, side.counterparty,
    side.transfer_id, side.metadata, side.created_at
from (
    select sequence * 2 as id, debit as account, credit as counterparty, -amount as delta_tokens,
        debit_posted as balance_after, asset, kind, ref, command_id, id as transfer_id,
        details as metadata, at as created_at, flag
    from ledger_transfers
    union all
    select sequence * 2 + 1, credit, debit, amount, credit_posted, asset, kind, ref, command_id,
        id, details, at, flag
    from ledger_transfers
) as side
where side.flag in ('plain', 'post') and side.asset in (select asset from ledger_assets);

create index ledger_accounts_person on ledger_accounts (split_part(account, ':', 2))
    where asset = 'TOK' and account like 'user:%:main';

-- What somebody can spend and what they have done with tokens ever.
create view wallets as
select split_part(a.account, ':', 2) as user_id,
    a.posted - a.pending_out as balance,
    a.pending_out as held,
    came.purchased as lifetime_purchased,
    came.earned as lifetime_earned,
    went.spent as lifetime_spent,
    went.paid_out as lifetime_paid_out,
    a.created_at,
    greatest(a.created_at, came.last_at, went.last_at) as updated_at
from ledger_accounts a
cross join lateral (
    select coalesce(sum(amount) filter (where kind = 'purchase'), 0) as purchased,
        coalesce(sum(amount) filter (where kind not in ('purchase', 'refund', 'payout')), 0)
            as earned,
        max(at) as last_at
    from ledger_transfers t
    where t.credit = a.account and t.asset = a.asset and t.flag in ('plain', 'post')
) as came
cross join lateral (
    select coalesce(sum(amount) filter (where kind <> 'payout'), 0) as spent,
        coalesce(sum(amount) filter (where kind = 'payout'), 0) as paid_out,
        max(at) as last_at
    from ledger_transfers t
    where t.debit = a.account and t.asset = a.asset and t.flag in ('plain', 'post')
) as went
where a.asset = 'TOK' and a.account like 'user:%:main';

create index ledger_transfers_space on ledger_transfers
    ((details ->> 'space_type'), (details ->> 'space_id')) where details ? 'space_type';

-- What was sold in spaces: a row a sale. The transfer that pays the creator says in its details
-- which space it was, and the whole amount; the other shares stand in the same command.
create view payment_transactions as
select sale.command_id as id,
    sale.details ->> 'space_type' as space_type,
    sale.details ->> 'space_id' as space_id,
    coalesce(sale.details ->> 'space_owner', sale.details ->> 'to') as space_owner,
    sale.details ->> 'from' as user_account,
    sale.kind as purchase_type,
    (sale.details ->> 'amount')::numeric / unit.size as amount,
    sale.asset as currency,
    shares.platform / unit.size as platform_fee,
    shares.creator / unit.size as creator_share,
    ((sale.details ->> 'amount')::numeric - shares.platform - shares.creator) / unit.size
        as reserve_share,
    case
        when sale.flag in ('plain', 'post') then 'confirmed'
        when resolved.flag is null then 'pending'
        else 'failed'
    end as status,
    sale.at as created_at
from ledger_transfers sale
join ledger_assets using (asset)
cross join lateral (select power(10::numeric, exponent) as size) as unit
cross join lateral (
    select coalesce(sum(amount) filter (where credit like 'platform:%'), 0) as platform,
        coalesce(sum(amount) filter (where credit ~ '^(user|creator):'), 0) as creator
    from ledger_commands c join ledger_transfers s
        on s.sequence between c.first_sequence and c.first_sequence + c.transfers - 1
    where c.id = sale.command_id and s.asset = sale.asset and s.ref = sale.ref
        and s.flag = sale.flag
) as shares
left join ledger_transfers resolved on resolved.pending_id = sale.id
where sale.details ? 'space_type' and sale.details ? 'amount'
    and sale.flag in ('plain', 'pending', 'post')
    and resolved.flag is distinct from 'post';

-- Where in the books a moment is: the bounds of a statement.
create index ledger_batches_at on ledger_batches (at);
