with fence as materialized (
    select from actor_epoch where actor = $1 and epoch = $2 for share
),
gone as (
    delete from presence_sessions s using fence
    where s.space_type = $3 and s.space_id = $4 and s.subspace = $5
)
select exists (select from fence)
