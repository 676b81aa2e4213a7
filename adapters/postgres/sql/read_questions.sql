select to_jsonb(s) as round,
    (
        select jsonb_agg(to_jsonb(q) order by q.number) from qa_questions q
        where q.round_id = s.id
    ) as questions
from qa_sessions s
where s.id = $4 and s.space_type = $1 and s.space_id = $2 and s.subspace = $3
