"""What can go wrong for reasons the person at the keyboard can change."""


class Problem(Exception):
    """Names what is missing or in the way, and the way out. Shown as one message, without a traceback."""


class Interrupted(BaseException):
    """SIGINT or SIGTERM. Not an Exception, so that nothing but the clean-up on the way out sees it."""

    def __init__(self, number: int):
        super().__init__(f"signal {number}")
        self.number = number
