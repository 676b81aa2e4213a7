-- The next batches without a seal, with the leaves of their rows; whole batches, in order.
with sealed as (
    select coalesce(max(last_sequence), 0) as last_sequence from ledger_seals
),
next as (
    select b.first_sequence, b.last_sequence from ledger_batches b, sealed s
    where b.last_sequence > s.last_sequence order by b.last_sequence limit $1
)
select n.last_sequence, ledger_leaves(n.first_sequence, n.last_sequence) as leaves
from next n order by n.last_sequence
