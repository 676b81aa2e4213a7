-- Writes what changed in a space's hall. Each of $4 to $14 is a JSON array of rows with the columns of
-- their table, $15 to $19 arrays of keys to take away, $20 audit entries.
with config as (
    insert into space_audio_config (space_type, space_id, subspace, audio_mode, current_speaker,
        spatial_audio_range_meters, superambient_neighbor_count, changed_by, change_reason,
        changed_at, speaker_requests, all_muted, unmuted, turns)
    select $1, $2, $3, r.audio_mode, r.current_speaker, r.spatial_audio_range_meters,
        r.superambient_neighbor_count, r.changed_by, r.change_reason, r.changed_at,
        r.speaker_requests, r.all_muted, r.unmuted, r.turns
    from jsonb_populate_recordset(null::space_audio_config, $4) r
    on conflict (space_type, space_id, subspace) do update set
        audio_mode = excluded.audio_mode,
        current_speaker = excluded.current_speaker,
        spatial_audio_range_meters = excluded.spatial_audio_range_meters,
        superambient_neighbor_count = excluded.superambient_neighbor_count,
        changed_by = excluded.changed_by,
        change_reason = excluded.change_reason,
        changed_at = excluded.changed_at,
        speaker_requests = excluded.speaker_requests,
        all_muted = excluded.all_muted,
        unmuted = excluded.unmuted,
        turns = excluded.turns,
        updated_at = now()
),
turn as (
    insert into audio_sessions (space_type, space_id, subspace, number, user_account, audio_mode,
        session_start, session_end, duration_seconds, listener_count, ended_reason, passed_to)
    select $1, $2, $3, r.number, r.user_account, r.audio_mode, r.session_start, r.session_end,
        r.duration_seconds, r.listener_count, r.ended_reason, r.passed_to
    from jsonb_populate_recordset(null::audio_sessions, $5) r
    on conflict (space_type, space_id, subspace, number) do update set
        session_end = excluded.session_end,
        duration_seconds = excluded.duration_seconds,
        listener_count = excluded.listener_count,
        ended_reason = excluded.ended_reason,
        passed_to = excluded.passed_to
),
mute as (
    insert into space_mutes (space_type, space_id, subspace, person, locked, muted_by, muted_at)
    select $1, $2, $3, r.person, r.locked, r.muted_by, r.muted_at
    from jsonb_populate_recordset(null::space_mutes, $6) r
    on conflict (space_type, space_id, subspace, person) do update set
        locked = excluded.locked, muted_by = excluded.muted_by, muted_at = excluded.muted_at
),
ban as (
    insert into space_bans (space_type, space_id, subspace, person, reason, banned_by, banned_at,
        expires_at)
    select $1, $2, $3, r.person, r.reason, r.banned_by, r.banned_at, r.expires_at
    from jsonb_populate_recordset(null::space_bans, $7) r
    on conflict (space_type, space_id, subspace, person) do update set
        reason = excluded.reason,
        banned_by = excluded.banned_by,
        banned_at = excluded.banned_at,
        expires_at = excluded.expires_at
),
microphone as (
    insert into space_microphones (id, space_type, space_id, subspace, microphone_name,
        broadcast_mode, required_permission, price_minor, price_currency, price_per, time_limit_seconds,
        daily_quota_seconds, queue_enabled, created_by, created_at, deleted_at, uses, arrivals)
    select r.id, $1, $2, $3, r.microphone_name, r.broadcast_mode, r.required_permission,
        r.price_minor, r.price_currency, r.price_per, r.time_limit_seconds, r.daily_quota_seconds,
        r.queue_enabled, r.created_by, r.created_at, r.deleted_at, r.uses, r.arrivals
    from jsonb_populate_recordset(null::space_microphones, $8) r
    on conflict (id) do update set
        microphone_name = excluded.microphone_name,
        broadcast_mode = excluded.broadcast_mode,
        required_permission = excluded.required_permission,
        price_minor = excluded.price_minor,
        price_currency = excluded.price_currency,
        price_per = excluded.price_per,
        time_limit_seconds = excluded.time_limit_seconds,
        daily_quota_seconds = excluded.daily_quota_seconds,
        queue_enabled = excluded.queue_enabled,
        deleted_at = excluded.deleted_at,
        uses = excluded.uses,
        arrivals = excluded.arrivals
),
usage as (
    insert into microphone_usage (microphone_id, number, user_account, granted_by, started_at,
        until, ended_at, duration_seconds, cost_minor, cost_currency, ended_reason, price_per,
        price_minor, holds, charged)
    select r.microphone_id, r.number, r.user_account, r.granted_by, r.started_at, r.until,
        r.ended_at, r.duration_seconds, r.cost_minor, r.cost_currency, r.ended_reason,
        r.price_per, r.price_minor, r.holds, r.charged
    from jsonb_populate_recordset(null::microphone_usage, $9) r
    order by r.microphone_id, r.number -- A use ends before the next begins.
    on conflict (microphone_id, number) do update set
        ended_at = excluded.ended_at,
        duration_seconds = excluded.duration_seconds,
        ended_reason = excluded.ended_reason,
        cost_minor = excluded.cost_minor,
        holds = excluded.holds,
        charged = excluded.charged
),
waiting as (
    insert into microphone_queue (microphone_id, user_account, priority, arrival, asked_at, tries)
    select r.microphone_id, r.user_account, r.priority, r.arrival, r.asked_at, r.tries
    from jsonb_populate_recordset(null::microphone_queue, $10) r
    on conflict (microphone_id, user_account) do update set
        priority = excluded.priority, arrival = excluded.arrival, asked_at = excluded.asked_at,
        tries = excluded.tries
),
session as (
    insert into qa_sessions (id, space_type, space_id, subspace, title, host, microphone_id,
        tickets_only, by_votes, running, opened_at, closed_at, asked)
    select r.id, $1, $2, $3, r.title, r.host, r.microphone_id, r.tickets_only, r.by_votes,
        r.running, r.opened_at, r.closed_at, r.asked
    from jsonb_populate_recordset(null::qa_sessions, $11) r
    order by r.opened_at, r.id
    on conflict (id) do update set
        running = excluded.running, closed_at = excluded.closed_at, asked = excluded.asked
),
question as (
    insert into qa_questions (round_id, number, user_account, text, idempotency_key, asked_at,
        votes, status, turn, picked_at, ended_at)
    select r.round_id, r.number, r.user_account, r.text, r.idempotency_key, r.asked_at, r.votes,
        r.status, r.turn, r.picked_at, r.ended_at
    from jsonb_populate_recordset(null::qa_questions, $12) r
    on conflict (round_id, number) do update set
        votes = excluded.votes,
        status = excluded.status,
        turn = excluded.turn,
        picked_at = excluded.picked_at,
        ended_at = excluded.ended_at
),
vote as (
    insert into qa_votes (round_id, number, user_account, voted_at)
    select r.round_id, r.number, r.user_account, r.voted_at
    from jsonb_populate_recordset(null::qa_votes, $13) r
    on conflict (round_id, number, user_account) do nothing
),
bar as (
    insert into space_bars (space_type, space_id, subspace, person, target, blocks, barred_at)
    select $1, $2, $3, r.person, r.target, r.blocks, r.barred_at
    from jsonb_populate_recordset(null::space_bars, $14) r
    on conflict (space_type, space_id, subspace, person, target) do update set
        blocks = excluded.blocks, barred_at = excluded.barred_at
),
unmuted as (
    delete from space_mutes s using jsonb_array_elements($15) k
    where (s.space_type, s.space_id, s.subspace) = ($1, $2, $3) and s.person = k ->> 0
),
unbanned as (
    delete from space_bans s using jsonb_array_elements($16) k
    where (s.space_type, s.space_id, s.subspace) = ($1, $2, $3) and s.person = k ->> 0
),
served as (
    delete from microphone_queue q using jsonb_array_elements($17) k
    where q.microphone_id = k ->> 0 and q.user_account = k ->> 1
),
unvoted as (
    delete from qa_votes v using jsonb_array_elements($18) k
    where v.round_id = k ->> 0 and v.number = (k ->> 1)::integer and v.user_account = k ->> 2
),
unbarred as (
    delete from space_bars b using jsonb_array_elements($19) k
    where (b.space_type, b.space_id, b.subspace) = ($1, $2, $3)
        and b.person = k ->> 0 and b.target = k ->> 1
)
insert into presence_audit_log
    (action, user_account, space_type, space_id, subspace, details, idempotency_key)
select e.action, e.account, $1, $2, $3, e.details, e.key
from jsonb_to_recordset($20) as e (key text, action text, account text, details jsonb)
on conflict (idempotency_key) do nothing
