select t.id::text, t.kind, t.debit, t.credit, t.asset, t.amount::text, t.expires_at, t.ref
from ledger_pendings p join ledger_transfers t using (sequence) order by sequence
