"""Ports for servers that tests and measurements start on this machine."""
import random
import socket

# Below the ports that Linux gives to outgoing connections (ip_local_port_range, 32768 and up): asked for port 0, the
# kernel names one of those, and may give it to the connection of another test before the server binds it, or name it
# again to the same caller.
CHOICES = range(10_000, 32_000)
TRIES_MAX = 1_000

_given = set()


def free_port(address="127.0.0.1"):
    """A port that nobody listens on at `address`, and that this process was not given before."""
    choice = random.SystemRandom()
    for _ in range(TRIES_MAX):
        port = choice.choice(CHOICES)
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind((address, port))
            except OSError:
                continue
        _given.add(port)
        return port
    raise RuntimeError(f"no free port on {address} in {TRIES_MAX} tries")
