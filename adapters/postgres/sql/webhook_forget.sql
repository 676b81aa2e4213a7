with over as (
    select endpoint, event from webhook_deliveries
    where state <> 'pending' and created_at < $1 order by created_at limit $2
)
delete from webhook_deliveries d using over o
where d.endpoint = o.endpoint and d.event = o.event and d.state <> 'pending'
