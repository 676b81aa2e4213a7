-- $1: the wallet; $2: earned up to then; $3: kinds that are no earnings; $4: its owner's debt.
with posted as not materialized (
    select sequence, kind, amount, credit = $1 as incoming, at,
        kind = 'refund' and ref like 'dispute:%' as resumed
    from ledger_transfers
    where (debit = $1 or credit = $1) and asset = 'TOK' and flag in ('plain', 'post')
),
sums as (
    select
        coalesce(sum(amount) filter (where incoming and kind = 'purchase'), 0) as purchased,
        coalesce(sum(amount) filter (where incoming and kind <> all ($3::text[])), 0) as earned,
        coalesce(sum(amount) filter (where incoming and kind <> all ($3::text[]) and at <= $2), 0)
            - coalesce(
                sum(amount) filter (where not incoming and kind in ('dispute', 'refund', 'debt')), 0
            )
            + coalesce(sum(amount) filter (where incoming and resumed), 0) as earned_before,
        coalesce(sum(amount) filter (where not incoming and kind not in ('payout', 'dispute')), 0) as spent,
        coalesce(sum(amount) filter (where not incoming and kind = 'payout'), 0) as cashed_out
    from posted
),
held as (
    select coalesce(sum(t.amount), 0) as cashed_out
    from ledger_pendings p join ledger_transfers t using (sequence)
    where t.debit = $1 and t.asset = 'TOK' and t.kind = 'payout'
),
arisen as (
    select sequence from ledger_transfers where debit = $4 and asset = 'TOK' and flag = 'plain'
),
-- When a debt arose the wallet was empty: what had been spent and not bought was earned.
running as (
    select debt, sum(given) over (order by sequence) as given
    from (
        select sequence, false as debt,
            case
                when incoming and kind = any ($3::text[]) and not resumed then amount
                when not incoming and kind not in ('payout', 'dispute', 'refund', 'debt') then -amount
                else 0
            end as given
        from posted where exists (select from arisen)
        union all
        select sequence, true, 0 from arisen
    ) as moves
),
spent as (select least(0, min(given)) as earnings from running where debt)
select coalesce(a.posted - a.pending_out, 0)::text as balance, s.purchased::text, s.spent::text,
    s.earned::text, (s.cashed_out + held.cashed_out)::text as cashed_out,
    (s.earned_before + spent.earnings)::text as earned_before
from sums s cross join held cross join spent
left join ledger_accounts a on a.account = $1 and a.asset = 'TOK'
