-- Sealed batches after $1, with what their rows hash to now.
select b.first_sequence, b.last_sequence, s.previous, s.seal, s.leaves,
    ledger_leaves(b.first_sequence, b.last_sequence) as now
from ledger_seals s left join ledger_batches b using (last_sequence)
where s.last_sequence > $1 order by s.last_sequence limit $2
