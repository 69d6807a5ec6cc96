"""ports.py: no two servers of a test run are given one port."""
import socket
from pathlib import Path

import ports


def test_no_port_is_given_twice():
    given = [ports.free_port() for _ in range(500)]
    assert len(set(given)) == len(given)


def test_no_outgoing_connection_can_hold_a_port_that_is_given():
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert max(ports.CHOICES) < first


def test_a_port_in_use_is_not_given(monkeypatch):
    with socket.socket() as other:
        taken = ports.free_port()
        other.bind(("127.0.0.1", taken))
        other.listen()
        monkeypatch.setattr(ports, "_given", set())
        monkeypatch.setattr(ports, "CHOICES", range(taken, taken + 2))
        assert ports.free_port() != taken
