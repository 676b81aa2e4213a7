select id::text, owner, for_all as "all", url, events, secret, created_at as created_at_us,
    previous_secret, previous_until as previous_until_us, since, disabled,
    disabled_at as disabled_us
from webhook_endpoints
