select m.id, m.idempotency_key, m.user_account, m.guest_id, m.message_type, m.content, m.metadata,
    m.parent_message_id, m.thread_count, m.is_edited, m.is_deleted, m.created_at, m.updated_at,
    (
        select array_agg(r.reaction || ' ' || r.number order by r.number desc, r.reaction collate "C")
        from (
            select reaction, count(*) as number from message_reactions
            where message_id = m.id group by reaction
        ) r
    ) as reactions
from chat_messages m
where m.space_type = $1 and m.space_id = $2 and m.subspace = $3
order by m.id desc
limit $4 offset $5
