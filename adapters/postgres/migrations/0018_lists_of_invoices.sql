-- One's own invoices, and those of everybody that have not ended, newest first.
create index subscription_invoices_of on subscription_invoices (user_account, created_at desc);
create index subscription_invoices_waiting on subscription_invoices (created_at desc)
    where outcome is null;
