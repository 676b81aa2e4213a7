select reason, count(*) as movements, sum(delta_tokens)::bigint as total,
    count(*) filter (where delta_tokens < 0 and reason not in ('payout', 'refund')) as spent_count,
    coalesce(
        -sum(delta_tokens) filter (where delta_tokens < 0 and reason not in ('payout', 'refund')), 0
    )::bigint as spent,
    count(*) filter (
        where delta_tokens > 0 and reason not in ('purchase', 'refund')
    ) as earned_count,
    coalesce(
        sum(delta_tokens) filter (where delta_tokens > 0 and reason not in ('purchase', 'refund')), 0
    )::bigint as earned
from billing_events
where account = $1 and asset = 'TOK' and created_at >= $2
group by reason
order by reason collate "C"
