delete from auth_challenges where (account, challenge) in (
    select account, challenge from auth_challenges where expires_at < $1
    limit 100 for update skip locked
)
