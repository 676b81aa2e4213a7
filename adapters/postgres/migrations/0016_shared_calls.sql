-- Who shares in what a call costs: a block keeps its shares from when it is due. shares: pairs of
-- account and tokens; null: all of it is the creator's. creator_share, creator_earned: their part.
alter table call_blocks
    add column shares jsonb,
    add column creator_share bigint;
update call_blocks set creator_share = amount;
alter table call_blocks alter column creator_share set not null;
alter table calls add column creator_earned bigint not null default 0;
update calls set creator_earned = total_cost;

-- What people overpaid: few, and asked for.
create index ledger_accounts_credit on ledger_accounts (account, asset)
    where account like 'user:%:credit';
