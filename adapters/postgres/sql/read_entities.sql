select entity_id as id, owner, owner_account, owned_at_ms, time_ms, creator, template, parent, locked,
    components
from space_entities
where space_type = $1 and space_id = $2 and subspace = $3
order by entity_id
