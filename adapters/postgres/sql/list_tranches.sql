select t.command_id::text as sale, $1 as account, a.account as escrow, a.asset,
    a.posted::text as amount, t.kind as product, t.ref, t.at as settled_at_us,
    case when s.id is null then t.at else s.ended_at end as delivered_at_us
from ledger_accounts a
join ledger_transfers t on t.credit = a.account and t.asset = a.asset and t.flag = 'plain'
left join streams s on s.id = (t.details ->> 'stream')::uuid
where a.account like 'creator:%:escrow/%' and a.posted > 0
    and a.account ~>=~ ('creator:' || $1 || ':escrow/')
    and a.account ~<~ ('creator:' || $1 || ':escrow0')
order by t.sequence
limit $2
