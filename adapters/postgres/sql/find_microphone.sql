select space_type, space_id, subspace from space_microphones
where id = $1 and deleted_at is null
