-- The newest sale of each seat that is held.
select t.command_id::text as id, $1 as sale, t.details ->> 'account' as account,
    (t.details ->> 'price')::bigint as price, t.at as purchased_at_us
from ledger_transfers t
join ledger_accounts a on a.account = t.credit and a.asset = 'SEAT' and a.posted > 0
where t.kind = 'space_seat' and t.details ->> 'sale' = $1
    and ($2::text is null or t.details ->> 'account' = $2)
    and not exists (
        select from ledger_transfers later
        where later.credit = t.credit and later.asset = t.asset and later.kind = 'space_seat'
            and later.sequence > t.sequence
    )
order by t.sequence
limit $3
