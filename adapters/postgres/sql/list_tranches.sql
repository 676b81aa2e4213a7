select t.command_id::text as sale, $1 as account, a.account as escrow, a.asset,
    a.posted::text as amount, t.kind as product, t.ref, t.at as settled_at_us,
    case
        when s.id is not null then s.ended_at
        when p.id is not null then p.closed_at
        else t.at
    end as delivered_at_us,
    (w.details ->> 'frozen_at_us')::bigint as frozen_at_us,
    (w.details ->> 'resumed_at_us')::bigint as resumed_at_us
from ledger_accounts a
join ledger_transfers t on t.credit = a.account and t.asset = a.asset and t.flag = 'plain'
    and t.kind <> 'dispute_won'
left join ledger_transfers w on w.credit = a.account and w.kind = 'dispute_won'
left join streams s on s.id = (t.details ->> 'stream')::uuid
left join space_ticket_sales p on p.id = (t.details ->> 'sale')::uuid
where a.account like 'creator:%:escrow/%' and a.posted > 0
    and a.account ~>=~ ('creator:' || $1 || ':escrow/')
    and a.account ~<~ ('creator:' || $1 || ':escrow0')
order by t.sequence
limit $2
