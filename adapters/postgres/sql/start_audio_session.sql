insert into audio_sessions (space_type, space_id, subspace, user_account, audio_mode, listener_count)
values ($1, $2, $3, $4, $5, $6)
returning to_jsonb(audio_sessions)
