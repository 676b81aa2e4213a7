"""An account's sockets: whom to tell what concerns the account, and whether anybody is there."""
