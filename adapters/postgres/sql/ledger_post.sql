select ledger_post(
    $1, $2, $3, $4, $5::text[]::uuid[], $6, $7, $8, $9, $10, $11::text[]::uuid[], $12::text[]::uuid[],
    $13, $14, $15, $16, $17, $18::text[]::numeric[], $19::text[]::uuid[], $20::text[]::numeric[],
    $21, $22, $23, $24::text[]::numeric[], $25::text[]::numeric[], $26, $27,
    $28::text[]::numeric[], $29, $30, $31::text[]::numeric[], $32::text[]::numeric[],
    $33::text[]::numeric[]
)
