with received as (
    select tipper_id, amount_tokens from tips
    where creator_id = $1 and created_at >= $2 and not reversed
),
by_tipper as (
    select tipper_id, sum(amount_tokens) as amount, count(*) as tips, max(amount_tokens) as largest
    from received group by tipper_id
)
select tipper_id, amount::bigint, tips,
    (sum(tips) over ())::bigint as all_tips, (sum(amount) over ())::bigint as all_amount,
    (max(largest) over ())::bigint as largest, count(*) over () as tippers
from by_tipper
order by amount desc, tipper_id collate "C"
limit 5
