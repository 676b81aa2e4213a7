delete from presence_sessions where last_activity < now() - interval '2 hours'
