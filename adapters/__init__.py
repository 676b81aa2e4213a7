"""Everything that waits: sockets, HTTP, Postgres, identity; `compose` joins the parts."""
