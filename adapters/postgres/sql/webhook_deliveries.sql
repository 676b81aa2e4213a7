select endpoint::text, event::text, type, aggregate, seq, body, created_at as created_at_us,
    next_at as next_us, state, attempts, first_at as first_us, last_at as last_us, status, error
from webhook_deliveries d
