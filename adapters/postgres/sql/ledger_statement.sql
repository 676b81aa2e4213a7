-- One account's movements between two places of the books, oldest first. Each side has its index.
with bounds as materialized (
    select
        greatest($5, coalesce((select max(last_sequence) from ledger_batches where at < $3), 0))
            as after,
        coalesce((select max(last_sequence) from ledger_batches where at < $4), 0) as up_to
)
(
    select sequence, at, id::text, command_id::text, kind, ref, details, credit as counterparty,
        (-amount)::text as amount, debit_posted::text as balance
    from bounds, ledger_transfers
    where debit = $1 and asset = $2 and flag in ('plain', 'post')
        and sequence > bounds.after and sequence <= bounds.up_to
    order by sequence limit $6
)
union all
(
    select sequence, at, id::text, command_id::text, kind, ref, details, debit,
        amount::text, credit_posted::text
    from bounds, ledger_transfers
    where credit = $1 and asset = $2 and flag in ('plain', 'post')
        and sequence > bounds.after and sequence <= bounds.up_to
    order by sequence limit $6
)
order by sequence limit $6
