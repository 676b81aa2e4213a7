select (
        select count(*) from user_subscriptions s where subscription_counts(s, $1)
    ) as active,
    (
        select count(*) from subscription_payment_states where subscription_type <> 'once' and status = 'pending'
    ) as waiting,
    (
        select count(*) from subscription_payment_states
        where subscription_type <> 'once' and status = 'processed' and created_at >= $2
    ) as processed_today,
    (
        select count(*) from subscription_payment_states
        where subscription_type <> 'once' and status = 'refunded' and created_at > $1 - interval '7 days'
    ) as refunded_week,
    (select count(distinct user_account) from subscription_notifications) as notified,
    to_jsonb(array(
        select jsonb_build_array(t.tier_code, t.tier_name, count(*))
        from subscription_tiers t join user_subscriptions s on s.tier_code = t.tier_code
        where subscription_counts(s, $1)
        group by t.id order by t.sort_order, t.id
    )) as tiers,
    to_jsonb(array(
        select jsonb_build_array(asset, sum(amount)::text) from ledger_transfers
        where kind in ('subscription', 'subscription_share') and at >= $3
        group by asset order by asset collate "C"
    )) as revenue_month,
    to_jsonb(array(
        select jsonb_build_array(asset, sum(amount)::text) from ledger_transfers
        where kind in ('subscription', 'subscription_share') and at >= $1 - interval '30 days'
        group by asset order by asset collate "C"
    )) as revenue_30_days,
    to_jsonb(array(
        select jsonb_build_array(
            type, count(*), count(*) filter (where not is_read),
            count(*) filter (where created_at > $1 - interval '7 days'),
            count(*) filter (where created_at > $1 - interval '1 day')
        )
        from subscription_notifications group by type order by type collate "C"
    )) as notices
