with fence as materialized (
    select from actor_epoch where actor = $1 and epoch = $2 for share
),
gone as (
    delete from space_entities e using fence
    where e.space_type = $3 and e.space_id = $4 and e.subspace = $5
        and e.entity_id = any($6::text[])
),
present as (
    insert into space_entities (space_type, space_id, subspace, entity_id, owner, owner_account,
        owned_at_ms, time_ms, creator, template, parent, locked, components)
    select $3, $4, $5, p.entity_id, p.owner, p.owner_account, p.owned_at_ms, p.time_ms, p.creator,
        p.template, p.parent, p.locked, p.components::jsonb
    from fence, unnest($7::text[], $8::text[], $9::text[], $10::bigint[], $11::bigint[],
            $12::text[], $13::text[], $14::text[], $15::boolean[], $16::text[])
        as p (entity_id, owner, owner_account, owned_at_ms, time_ms, creator, template, parent,
            locked, components)
    on conflict (space_type, space_id, subspace, entity_id) do update set
        owner = excluded.owner,
        owner_account = excluded.owner_account,
        owned_at_ms = excluded.owned_at_ms,
        time_ms = excluded.time_ms,
        creator = excluded.creator,
        template = excluded.template,
        parent = excluded.parent,
        locked = excluded.locked,
        components = excluded.components
)
select exists (select from fence)
