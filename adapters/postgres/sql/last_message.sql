select coalesce(max(id), 0)
from chat_messages where space_type = $1 and space_id = $2 and subspace = $3
