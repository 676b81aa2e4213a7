select s.id::text, s.creator_id as creator, s.channel, s.title, s.description, s.category, s.type,
    s.status, s.price_tokens as price, s.max_tickets as seats, s.created_at as created_at_us,
    s.started_at as started_at_us, s.ended_at as ended_at_us,
    c.display_name, c.profile_pic, c.created_at as enrolled_at,
    (
        select coalesce(sum(a.posted), 0)::bigint from ledger_accounts a
        where a.asset = 'SEAT' and a.account ~>=~ ('seats:' || s.id || ':')
            and a.account ~<~ ('seats:' || s.id || ';')
            and a.account <> 'seats:' || s.id || ':.pool'
    ) as sold
from streams s left join creators c on c.account = s.creator_id
