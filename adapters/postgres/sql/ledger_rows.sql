select t.sequence, t.id::text, t.command_id::text, c.digest, flag, kind, debit, credit, asset,
    amount::text, pending_id::text, released::text, expires_at, at, ref, details,
    debit_posted::text, credit_posted::text
from ledger_transfers t left join ledger_commands c on c.id = t.command_id
where t.sequence between $1 and $2 order by t.sequence
