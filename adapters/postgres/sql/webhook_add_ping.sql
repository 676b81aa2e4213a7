select webhook_keep(
    $2, $3::text[]::uuid[], $4::text[]::uuid[], $5::text[], $6::text[], $7::text[]
) from actor_epoch where actor = $1 and epoch = $8 for share
