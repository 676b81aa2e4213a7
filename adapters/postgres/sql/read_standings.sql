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
        select distinct t.ticket_type collate "C" from space_tickets t
        where t.space_type = $1 and t.space_id = $2 and t.user_account = a.account
            and t.status = 'valid' and (t.valid_until is null or t.valid_until > now())
        order by 1
    ) as tickets
from unnest($3::text[]) with ordinality as a (account, place)
order by a.place
