select account, asset, posted::text, pending_out::text, pending_in::text
from ledger_accounts join unnest($1::text[], $2::text[]) as p (account, asset)
    using (account, asset)
