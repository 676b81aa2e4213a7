select s.id::text, s.space_type, s.space_id, s.ticket_type, s.price_tokens as price,
    s.max_tickets as seats, s.payee, s.opened_by, s.opened_at as opened_at_us, s.status,
    s.closed_at as closed_at_us, held.sold
from space_ticket_sales s
cross join lateral (
    select coalesce(sum(a.posted), 0)::bigint as sold from ledger_accounts a
    where a.asset = 'SEAT' and a.account ~>=~ ('seats:' || s.id || ':')
        and a.account ~<~ ('seats:' || s.id || ';')
        and a.account <> 'seats:' || s.id || ':.pool'
) as held
