select distinct s.space_type, s.space_id from space_ticket_sales s
where s.status = 'cancelled' and exists (
    select from ledger_accounts a
    where a.asset = 'SEAT' and a.posted > 0 and a.account ~>=~ ('seats:' || s.id || ':')
        and a.account ~<~ ('seats:' || s.id || ';')
        and a.account <> 'seats:' || s.id || ':.pool'
)
order by 1, 2
limit $1
