insert into auth_challenges as known (account, challenge, issued, expires_at, spent_at)
values ($1, $2, false, $4, $3)
on conflict (account, challenge) do update
    set spent_at = excluded.spent_at, expires_at = greatest(known.expires_at, excluded.expires_at)
    where known.spent_at is null
returning true
