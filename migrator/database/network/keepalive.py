"""How a connection notices that nobody is at the other end any more.

A network that swallows packets closes nothing: without keepalives a client waits for the answer to a long statement for
ever, and a NAT or firewall forgets a connection that is silent while an index is built, commonly after 350 s to 1 h
(AWS: https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html). Linux's own default begins to
ask after two hours.
"""

import socket

IDLE, INTERVAL, COUNT = 30, 10, 3
"""Seconds of silence before the kernel asks, seconds between two questions, and how many go without an answer."""

LOST_AFTER = IDLE + INTERVAL * COUNT
"""Seconds after which a silent connection is given up, also where data of ours is not acknowledged."""

_OPTIONS = (
    ("TCP_KEEPIDLE", IDLE),
    ("TCP_KEEPALIVE", IDLE),  # macOS has this name for the one above
    ("TCP_KEEPINTVL", INTERVAL),
    ("TCP_KEEPCNT", COUNT),
    ("TCP_USER_TIMEOUT", LOST_AFTER * 1000),  # Linux; covers what was sent and never arrived
)


def keep_alive(connection: "socket.socket") -> None:
    """Let the kernel find out that the other end of a TCP connection is gone, as far as the platform can.

    Does nothing to a unix socket, whose other end is this machine.
    """
    if connection.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _OPTIONS:
        option = getattr(socket, name, None)
        if option is not None:
            connection.setsockopt(socket.IPPROTO_TCP, option, value)
