select 'document' as space_type, d.id as space_id, coalesce(nullif(d.document_name, ''), d.id) as display_name,
    d.description, 'document' as type, 0 as votes, null::double precision as rating,
    d.created_at as created_at_us
from collaboration_documents d
where d.is_public or d.owner = $1 or exists (
    select from collaboration_permissions p where p.document_id = d.id and p.account = $1
)
order by d.created_at desc, d.id collate "C" limit $2 offset $3
