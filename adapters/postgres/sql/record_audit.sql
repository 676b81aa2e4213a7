insert into presence_audit_log
    (action, user_account, space_type, space_id, subspace, details, ip, user_agent)
select e.action, e.account, e.type, e.id, e.subspace, e.details::jsonb, e.ip, e.user_agent
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::text[])
    with ordinality as e (action, account, type, id, subspace, details, ip, user_agent, place)
order by e.place
