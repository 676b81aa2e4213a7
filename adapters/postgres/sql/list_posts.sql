select 'post' as space_type, author || '/' || permlink as space_id,
    coalesce(nullif(title, ''), permlink) as display_name, left(content, 280) as description,
    type, votes, rating, created_at as created_at_us
from posts
where not (hidden or flagged) and type = any($1::text[])
order by created_at desc, author collate "C", permlink collate "C" limit $2 offset $3
