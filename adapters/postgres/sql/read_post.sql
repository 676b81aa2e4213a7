select title as display_name, left(content, 280) as description,
    type as content_type, author, true as public, hidden or flagged as hidden,
    null::text[] as accounts, null::text[] as permissions
from posts where author = $1 and permlink = $2
