select a.account,
    array(
        select p.permission from presence_permissions p
        where p.space_type = $1 and p.space_id = $2 and p.user_account = a.account
        order by p.permission collate "C"
    ) as permissions,
    exists (
        select from user_subscriptions s
        where s.user_account = a.account and subscription_counts(s, now())
    ) as subscriber,
    array(
        select t.ticket_type collate "C" from space_tickets_given t
        where t.space_type = $1 and t.space_id = $2 and t.user_account = a.account
            and t.status = 'valid' and (t.valid_until is null or t.valid_until > now())
        union
        select s.ticket_type collate "C" from space_ticket_sales s
        join ledger_accounts seat
            on seat.account = 'seats:' || s.id || ':' || a.account and seat.asset = 'SEAT'
        where s.space_type = $1 and s.space_id = $2 and s.status = 'open' and seat.posted > 0
        order by 1
    ) as tickets
from unnest($3::text[]) with ordinality as a (account, place)
order by a.place
