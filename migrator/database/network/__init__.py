"""The way to a server and why it ends: names, TCP, TLS, refusals by the network, by a pooler, by the server."""
