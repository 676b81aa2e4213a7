select ledger_post(
    $1, $2, $3, $4::text[]::uuid[], $5, $6, $7, $8, $9, $10::text[]::uuid[], $11::text[]::uuid[],
    $12, $13, $14, $15, $16, $17::text[]::numeric[], $18::text[]::uuid[], $19::text[]::numeric[],
    $20, $21, $22, $23::text[]::numeric[], $24::text[]::numeric[], $25, $26,
    $27::text[]::numeric[], $28, $29, $30::text[]::numeric[], $31::text[]::numeric[],
    $32::text[]::numeric[]
)
