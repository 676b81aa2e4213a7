with fence as materialized (
    select from actor_epoch where actor = $1 and epoch = $2 for share
),
saved as (
    insert into presence_space_settings (space_type, space_id, settings, chat_enabled,
        voice_enabled, guests_allowed, max_users, created_by, tick_hz)
    select $3, $4, $5, $6, $7, $8, $9, $10, $11 from fence
    on conflict (space_type, space_id) do update set
        settings = excluded.settings,
        chat_enabled = excluded.chat_enabled,
        voice_enabled = excluded.voice_enabled,
        guests_allowed = excluded.guests_allowed,
        max_users = excluded.max_users,
        created_by = excluded.created_by,
        tick_hz = excluded.tick_hz,
        updated_at = now()
)
select exists (select from fence)
