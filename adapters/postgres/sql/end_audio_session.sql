-- Only rows that clients wrote: a space ends its own.
update audio_sessions set
    session_end = now(),
    duration_seconds = extract(epoch from now() - session_start)::integer,
    ended_reason = $3,
    passed_to = $4
where id = $1 and user_account = $2 and number is null and session_end is null
returning to_jsonb(audio_sessions)
