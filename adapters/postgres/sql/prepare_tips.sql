with kept as (
    insert into tip_messages (tip_id, message)
    select tip_id::uuid, message
    from unnest($1::text[], $2::text[], $3::text[]) as t (tip_id, message, creator)
    where message <> '' and exists (select from creators c where c.account = t.creator)
    on conflict do nothing
)
select account from creators where account = any ($3::text[])
