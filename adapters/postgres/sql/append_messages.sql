-- Appends the messages of many units, each of them under its own fence and whole or not at all.
-- Answers a row for each message added, and one for each reason to refuse a unit: with the key of a
-- message whose parent is missing, or without one when the unit is fenced. A message whose key
-- exists already is passed over in silence.
with unit as materialized (
    select * from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[])
        with ordinality as u (actor, epoch, space_type, space_id, subspace, number)
),
current as materialized (
    select unit.number
    from unit join actor_epoch e on e.actor = unit.actor and e.epoch = unit.epoch
    for share of e
),
message as materialized (
    select m.*, u.space_type, u.space_id, u.subspace
    from unnest($6::int[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
                $12::bigint[], $13::text[])
        with ordinality as m (unit, key, account, guest_id, type, content, parent, metadata, place)
        join unit u on u.number = m.unit
),
orphan as materialized (
    select m.unit, m.key
    from message m
    where m.parent is not null
        and not exists (
            select from chat_messages p
            where p.id = m.parent and p.space_type = m.space_type
                and p.space_id = m.space_id and p.subspace = m.subspace
        )
        and not exists (
            select from chat_messages k
            where k.space_type = m.space_type and k.space_id = m.space_id
                and k.subspace = m.subspace and k.idempotency_key = m.key
        )
),
added as (
    insert into chat_messages (space_type, space_id, subspace, idempotency_key, user_account,
        guest_id, message_type, content, parent_message_id, metadata)
    select m.space_type, m.space_id, m.subspace, m.key, m.account, m.guest_id, m.type, m.content,
        m.parent, m.metadata::jsonb
    from message m join current on current.number = m.unit
    where m.unit not in (select unit from orphan)
    order by m.place -- Ids are drawn after the sort, so they ascend in this order.
    on conflict (space_type, space_id, subspace, idempotency_key) do nothing
    returning id, space_type, space_id, subspace, idempotency_key, created_at
)
select null::bigint as refused, id, created_at, idempotency_key as key, space_id, subspace,
    space_type
from added
union all
select number, null, null, null, null, null, null from unit
where not exists (select from current where current.number = unit.number)
union all
select unit, null, null, key, null, null, null from orphan
