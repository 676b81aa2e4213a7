select e.id::text from webhook_endpoints e
where e.disabled is null and exists (
    select from webhook_deliveries d
    where d.endpoint = e.id and d.state = 'pending' and d.next_at <= $1
)
order by 1 limit $2
