"""What each route does. A handler takes the call, its query and its body, and answers a struct."""
