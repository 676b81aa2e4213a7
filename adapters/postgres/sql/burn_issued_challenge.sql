update auth_challenges set spent_at = $3
where account = $1 and challenge = $2 and issued and spent_at is null and expires_at > $3
returning true
