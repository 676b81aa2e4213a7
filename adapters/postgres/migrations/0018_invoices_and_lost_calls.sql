-- One's own invoices, and those of everybody that have not ended, newest first.
create index subscription_invoices_of on subscription_invoices (user_account, created_at desc);
create index subscription_invoices_waiting on subscription_invoices (created_at desc)
    where outcome is null;

-- A call that was lost to a dispute stands in the lists as reversed, and in no sum.
create index ledger_transfers_calls_back on ledger_transfers (ref)
    where kind = 'refund' and ref like 'call:%';
