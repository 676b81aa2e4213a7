with fence as materialized (
    select from actor_epoch where actor = $1 and epoch = $2 for share
),
turned as (
    update webhook_endpoints set
        disabled = $4,
        disabled_at = case when $4::text is not null then $5::timestamptz end,
        since = case when $4::text is null and disabled_at <= $6
            then coalesce((select max(last_sequence) from ledger_batches), 0) else since end
    where id = $3::text::uuid and exists (select from fence)
),
anew as (
    update webhook_deliveries set attempts = 0, first_at = null, next_at = $5::timestamptz
    where $4::text is null and endpoint = $3::text::uuid and state = 'pending'
        and exists (select from fence)
)
select true from fence
