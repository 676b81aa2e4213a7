select sequence, t.id::text, command_id::text, flag, kind, debit, credit, asset, amount::text,
    pending_id::text, released::text, expires_at, at, ref, details, debit_posted::text,
    credit_posted::text
from ledger_commands c join ledger_transfers t
    on sequence between first_sequence and first_sequence + transfers - 1
where c.id = any ($1::text[]::uuid[]) order by sequence
