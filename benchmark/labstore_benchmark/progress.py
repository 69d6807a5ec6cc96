"""Lines that show what is going on, with the time, on standard error: standard output is for results."""

import sys
import time


def say(message: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {message}", file=sys.stderr, flush=True)
