-- What an account had after its last row before a time, or up to a sequence if that comes first.
with place as materialized (
    select least($4, coalesce((select max(last_sequence) from ledger_batches where at < $3), 0))
        as sequence
)
select coalesce((
    select posted from (
        (
            select t.sequence, debit_posted as posted from place p, ledger_transfers t
            where debit = $1 and asset = $2 and t.sequence <= p.sequence
            order by t.sequence desc limit 1
        )
        union all
        (
            select t.sequence, credit_posted from place p, ledger_transfers t
            where credit = $1 and asset = $2 and t.sequence <= p.sequence
            order by t.sequence desc limit 1
        )
    ) as last order by sequence desc limit 1
), 0)::text
