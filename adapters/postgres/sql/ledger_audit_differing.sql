-- Accounts whose balance is not what their rows come to, or is below its floor.
select coalesce(a.account, s.account) as account, coalesce(a.asset, s.asset) as asset,
    coalesce(s.posted, 0)::text as posted, coalesce(s.pending_out, 0)::text as pending_out,
    coalesce(s.pending_in, 0)::text as pending_in, coalesce(a.posted, 0)::text as should_posted,
    coalesce(a.pending_out, 0)::text as should_out, coalesce(a.pending_in, 0)::text as should_in
from ledger_audit a full join ledger_accounts s
    on a.account = s.account and a.asset = s.asset
where (coalesce(a.posted, 0), coalesce(a.pending_out, 0), coalesce(a.pending_in, 0))
        <> (coalesce(s.posted, 0), coalesce(s.pending_out, 0), coalesce(s.pending_in, 0))
    or s.posted - s.pending_out < s.floor
order by 1, 2 limit 100
