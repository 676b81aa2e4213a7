delete from audibility_batches
where ctid = any(array(
    select ctid from audibility_batches
    where until_us < $1
    order by until_us
    limit $2
    for update skip locked
))
