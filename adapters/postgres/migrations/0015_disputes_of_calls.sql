-- Calls and microphones can be disputed as well.
alter table disputes drop constraint disputes_kind_check;
alter table disputes add constraint disputes_kind_check
    check (kind in ('tip', 'stream_ticket', 'space_ticket', 'microphone', 'call'));
create index disputes_undecided on disputes (opened_at desc, id desc)
    where status not in ('won', 'lost');

-- A tip that was lost to a dispute stands in the lists as reversed, and in no sum.
create index ledger_transfers_tips_back on ledger_transfers (ref)
    where kind = 'refund' and ref like 'tip:%';
create or replace view tips as
select t.command_id as id,
    t.details ->> 'from' as tipper_id,
    t.details ->> 'to' as creator_id,
    (t.details ->> 'amount')::bigint as amount_tokens,
    (t.details ->> 'creator_cut')::bigint as creator_cut,
    (t.details ->> 'amount')::bigint - (t.details ->> 'creator_cut')::bigint as platform_fee,
    coalesce(m.message, '') as message,
    t.details -> 'context' as context,
    case
        when t.details -> 'context' ? 'callId' then 'call'
        when t.details -> 'context' ?| array['streamId', 'channel'] then 'stream'
    end as context_type,
    t.at as created_at,
    t.sequence, t.debit, t.credit, t.asset,
    exists (
        select from ledger_transfers b
        where b.kind = 'refund' and b.ref like 'tip:%' and b.ref = t.ref
    ) as reversed
from ledger_transfers t left join tip_messages m on m.tip_id = t.command_id
where t.kind = 'tip' and t.flag = 'plain';
