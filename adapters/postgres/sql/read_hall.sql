-- What is not over in a space's hall: one row of JSON arrays, in the order they are listed in
-- actors/store_hall.py. Uses are those that last, those that are not settled, and those that count
-- against a daily quota.
with microphone as (
    select * from space_microphones
    where space_type = $1 and space_id = $2 and subspace = $3 and deleted_at is null
),
usage as (
    select u.*, max(u.ended_at) over () as newest
    from microphone_usage u join space_microphones m on m.id = u.microphone_id
    where m.space_type = $1 and m.space_id = $2 and m.subspace = $3
        and (m.deleted_at is null or u.holds <> '[]')
),
session as (
    select * from qa_sessions
    where space_type = $1 and space_id = $2 and subspace = $3 and closed_at is null
)
select
    (
        select jsonb_agg(to_jsonb(c)) from space_audio_config c
        where space_type = $1 and space_id = $2 and subspace = $3
    ) as space_audio_config,
    (
        select jsonb_agg(to_jsonb(s) order by s.number) from audio_sessions s
        where space_type = $1 and space_id = $2 and subspace = $3
            and session_end is null and number is not null
    ) as audio_sessions,
    (
        select jsonb_agg(to_jsonb(m) order by m.person collate "C") from space_mutes m
        where space_type = $1 and space_id = $2 and subspace = $3
    ) as space_mutes,
    (
        select jsonb_agg(to_jsonb(b) order by b.person collate "C") from space_bans b
        where space_type = $1 and space_id = $2 and subspace = $3
    ) as space_bans,
    (
        select jsonb_agg(to_jsonb(m) order by m.created_at, m.id collate "C") from microphone m
    ) as space_microphones,
    (
        select jsonb_agg(to_jsonb(u) order by u.microphone_id collate "C", u.number) from usage u
        where u.ended_at is null or u.holds <> '[]'
            or u.ended_at > u.newest - interval '24 hours'
    ) as microphone_usage,
    (
        select jsonb_agg(to_jsonb(q) order by q.microphone_id collate "C", q.arrival)
        from microphone_queue q join microphone m on m.id = q.microphone_id
    ) as microphone_queue,
    (select jsonb_agg(to_jsonb(s)) from session s) as qa_sessions,
    (
        select jsonb_agg(to_jsonb(q) order by q.number)
        from qa_questions q join session s on s.id = q.round_id
    ) as qa_questions,
    (
        select jsonb_agg(to_jsonb(v) order by v.number, v.user_account collate "C")
        from qa_votes v join session s on s.id = v.round_id
    ) as qa_votes,
    (
        select jsonb_agg(to_jsonb(b) order by b.barred_at, b.person collate "C", b.target collate "C")
        from space_bars b
        where space_type = $1 and space_id = $2 and subspace = $3
    ) as space_bars
