insert into audibility_batches (
    space_type, space_id, subspace, epoch, number, key_number, from_us, until_us, data
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict do nothing
