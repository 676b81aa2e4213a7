-- $1: the wallet; $2: its owner's debt; $3: kinds that are no earnings; $4: the time up to which.
with posted as not materialized (
    select sequence, kind, amount, credit = $1 as incoming, at, details,
        credit = $1 and kind <> all ($3::text[]) and kind not like '%\_release' as direct
    from ledger_transfers
    where (debit = $1 or credit = $1) and asset = 'TOK' and flag in ('plain', 'post')
),
arisen as (
    select sequence from ledger_transfers where debit = $2 and asset = 'TOK' and flag = 'plain'
),
-- When a debt arose: all that was earned by then, less what was still there.
running as (
    select debt, sum(earned) over story - greatest(0, sum(moved) over story) as gone
    from (
        select sequence, false as debt, case when direct then amount else 0 end as earned,
            case when incoming then amount else -amount end as moved
        from posted where exists (select from arisen)
        union all
        select sequence, true, 0, 0 from arisen
    ) as moves
    window story as (order by sequence)
)
select coalesce(sum(amount) filter (where direct and at <= $4), 0)::text as earned,
    greatest(
        0,
        max((details ->> 'counted')::numeric) filter (where not incoming and kind = 'debt'),
        (select max(gone) from running where debt)
    )::text as counted
from posted
