with fence as materialized (
    select from actor_epoch where actor = $1 and epoch = $2 for share
)
insert into webhook_endpoints (id, owner, for_all, url, events, secret, since, created_at)
select $3::text::uuid, $4::text, $5, $6, $7, $8,
    coalesce((select max(last_sequence) from ledger_batches), 0), $9
from fence
where (select count(*) from webhook_endpoints where owner = $4::text) < $10
on conflict (id) do nothing
