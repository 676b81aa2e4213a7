select sequence, id::text, command_id::text, flag, kind, debit, credit, asset, amount::text,
    pending_id::text, released::text, expires_at, at, ref, details, debit_posted::text,
    credit_posted::text
from ledger_transfers where sequence > $1 order by sequence limit $2
