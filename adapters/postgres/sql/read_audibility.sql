with begun as (
    select epoch, number, key_number, from_us, until_us from audibility_batches
    where space_type = $1 and space_id = $2 and subspace = $3 and from_us <= $4
    order by from_us desc, epoch desc
    limit $5
), held as (
    select epoch, number, greatest(key_number, number - $6 + 1) as first from begun
    where until_us > $4
    order by from_us desc, epoch desc
    limit 1
)
select b.number, b.key_number, b.from_us, b.until_us, b.data
from audibility_batches b
join held on b.epoch = held.epoch and b.number between held.first and held.number
where b.space_type = $1 and b.space_id = $2 and b.subspace = $3
order by b.number
