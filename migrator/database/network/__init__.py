"""The way to a server, a step at a time and without a login: names, TCP, TLS. For telling at which of them it ends."""
