with fence as materialized (
    select from actor_epoch where actor = $1 and epoch = $2 for share
),
gone as (
    delete from presence_sessions s using fence
    where s.socket_id = any($6::text[])
        and s.space_type = $3 and s.space_id = $4 and s.subspace = $5
),
present as (
    insert into presence_sessions (socket_id, space_type, space_id, subspace, user_account,
        guest_id, position, avatar_data, voice_enabled, connected_at, last_activity)
    select p.socket_id, $3, $4, $5, p.account, p.guest_id, p.position::jsonb,
        p.avatar_data::jsonb, p.voice_enabled, p.connected_at, p.last_activity
    from fence, unnest($7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
            $12::boolean[], $13::timestamptz[], $14::timestamptz[])
        as p (socket_id, account, guest_id, position, avatar_data, voice_enabled, connected_at,
            last_activity)
    order by p.socket_id
    on conflict (socket_id) do update set
        space_type = excluded.space_type,
        space_id = excluded.space_id,
        subspace = excluded.subspace,
        user_account = excluded.user_account,
        guest_id = excluded.guest_id,
        position = excluded.position,
        avatar_data = excluded.avatar_data,
        voice_enabled = excluded.voice_enabled,
        connected_at = excluded.connected_at,
        last_activity = excluded.last_activity
)
select exists (select from fence)
