select count(*) as total, count(*) filter (where reversed) as reversed,
    coalesce(sum(amount_tokens) filter (where not reversed), 0)::text as amount
from (
    select amount_tokens, reversed from tips where $2::boolean and debit = $1 and asset = 'TOK'
    union all
    select amount_tokens, reversed from tips where $3::boolean and creator_id = $4
) as mine
