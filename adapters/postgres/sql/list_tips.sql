-- $1: the tipper's account; $2, $3: whether sent and received ones are wanted.
select id::text, tipper_id, creator_id, amount_tokens, creator_cut, platform_fee, message, context,
    created_at, reversed
from (
    select * from tips where $2::boolean and debit = $1 and asset = 'TOK'
    union all
    select * from tips where $3::boolean and creator_id = $4
) as mine
order by sequence desc
limit $5 offset $6
