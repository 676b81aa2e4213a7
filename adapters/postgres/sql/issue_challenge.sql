insert into auth_challenges (account, challenge, issued, expires_at) values ($1, $2, true, $3)
on conflict (account, challenge) do nothing
