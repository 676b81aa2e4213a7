select p.id::text, p.user_id as account, p.tokens, p.worth::text, p.asset, p.approvals_needed,
    p.hold_id::text, p.pay_id::text, p.void_id::text, p.requested_at as requested_at_us,
    p.reference,
    array(select a.approver from payout_approvals a where a.payout_id = p.id order by a.number)
        as approvals,
    exists (select from ledger_commands c where c.id = p.hold_id and c.refusal is null) as held,
    exists (select from ledger_commands c where c.id = p.pay_id and c.refusal is null) as paid,
    exists (select from ledger_commands c where c.id = p.void_id and c.refusal is null)
        as cancelled
from token_payouts p
