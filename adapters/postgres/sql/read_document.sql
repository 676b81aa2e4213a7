select d.document_name as display_name, d.description, null as content_type, d.owner as author,
    d.is_public as public, false as hidden, p.accounts, p.permissions
from collaboration_documents d
cross join lateral (
    select array_agg(account order by account collate "C", permission collate "C") as accounts,
        array_agg(permission order by account collate "C", permission collate "C") as permissions
    from collaboration_permissions where document_id = d.id
) p
where d.id = $1 or (d.owner = $2 and d.permlink = $3)
order by d.id = $1 desc limit 1
