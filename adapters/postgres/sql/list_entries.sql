select id::text, command_id::text as command, kind,
    (case when debit = $1 then -amount else amount end)::text as amount,
    (case when debit = $1 then debit_posted else credit_posted end)::text as balance,
    ref, details, at
from ledger_transfers
where (debit = $1 or credit = $1) and asset = $2 and flag in ('plain', 'post')
order by sequence desc
limit $3 offset $4
