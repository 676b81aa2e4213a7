-- Take the next rows into the audit's own sums; answer how far that goes.
with place as (select sequence from ledger_audit_place for update),
taken as (
    select t.sequence, debit, credit, asset,
        case when flag in ('plain', 'post') then amount else 0 end as posted,
        case flag
            when 'plain' then 0
            when 'pending' then amount
            else -(select h.amount from ledger_transfers h where h.id = t.pending_id)
        end as held
    from ledger_transfers t, place p
    where t.sequence > p.sequence and t.sequence <= p.sequence + $1
),
change as (
    select account, asset, sum(posted) as posted, sum(out) as out, sum(into_) as into_
    from (
        select debit as account, asset, -posted as posted, held as out, 0 as into_ from taken
        union all
        select credit, asset, posted, 0, held from taken
    ) as side
    group by account, asset
),
merged as (
    insert into ledger_audit as a (account, asset, posted, pending_out, pending_in)
    select account, asset, posted, out, into_ from change order by account, asset
    on conflict (account, asset) do update set posted = a.posted + excluded.posted,
        pending_out = a.pending_out + excluded.pending_out,
        pending_in = a.pending_in + excluded.pending_in
)
update ledger_audit_place
set sequence = coalesce((select max(sequence) from taken), ledger_audit_place.sequence)
from place
returning ledger_audit_place.sequence
