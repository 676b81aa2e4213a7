with posted as (
    select kind, amount, credit = $1 as incoming, at, ref from ledger_transfers
    where (debit = $1 or credit = $1) and asset = 'TOK' and flag in ('plain', 'post')
),
sums as (
    select
        coalesce(sum(amount) filter (where incoming and kind = 'purchase'), 0) as purchased,
        coalesce(sum(amount) filter (where incoming and kind <> all ($3::text[])), 0) as earned,
        coalesce(sum(amount) filter (where incoming and kind <> all ($3::text[]) and at <= $2), 0)
            - coalesce(sum(amount) filter (where not incoming and kind = 'dispute'), 0)
            + coalesce(
                sum(amount) filter (where incoming and kind = 'refund' and ref like 'dispute:%'), 0
            ) as earned_before,
        coalesce(sum(amount) filter (where not incoming and kind not in ('payout', 'dispute')), 0) as spent,
        coalesce(sum(amount) filter (where not incoming and kind = 'payout'), 0) as cashed_out
    from posted
),
held as (
    select coalesce(sum(t.amount), 0) as cashed_out
    from ledger_pendings p join ledger_transfers t using (sequence)
    where t.debit = $1 and t.asset = 'TOK' and t.kind = 'payout'
)
select coalesce(a.posted - a.pending_out, 0)::text as balance, s.purchased::text, s.spent::text,
    s.earned::text, (s.cashed_out + held.cashed_out)::text as cashed_out, s.earned_before::text
from sums s cross join held
left join ledger_accounts a on a.account = $1 and a.asset = 'TOK'
