with asked as (
    select * from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[],
            $6::integer[], $7::integer[], $8::bigint[], $9::bigint[], $10::bytea[])
        with ordinality as a (actor, epoch, space_type, space_id, subspace, number, key_number,
            from_us, until_us, data, place)
),
fence as materialized (
    select actor, epoch from actor_epoch
    where (actor, epoch) in (select actor, epoch from asked)
    order by actor
    for share
),
saved as (
    insert into audibility_batches
        (space_type, space_id, subspace, epoch, number, key_number, from_us, until_us, data)
    select space_type, space_id, subspace, epoch, number, key_number, from_us, until_us, data
    from asked join fence using (actor, epoch)
    order by space_type, space_id, subspace, number, place
    on conflict do nothing
)
select actor, epoch from fence
