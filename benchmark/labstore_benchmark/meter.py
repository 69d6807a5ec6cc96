"""Samples of CPU time during a run, so that the cost of the load itself can be told from preparing and cleaning up."""

import threading
import time
from bisect import bisect_left
from collections.abc import Callable

INTERVAL_SECONDS = 0.25


class Series:
    """Growing values at moments; between two samples they are taken to grow evenly."""

    def __init__(self):
        self.times: list[float] = []
        self.values: list[float] = []

    def add(self, moment: float, value: float) -> None:
        # A process that ended takes its time with it; the last value that was seen stays.
        self.times.append(moment)
        self.values.append(max(value, self.values[-1] if self.values else 0.0))

    def at(self, moment: float) -> float:
        index = bisect_left(self.times, moment)
        if index == 0:
            return self.values[0]
        if index == len(self.times):
            return self.values[-1]
        before, after = self.times[index - 1], self.times[index]
        share = (moment - before) / (after - before)
        return self.values[index - 1] + share * (self.values[index] - self.values[index - 1])

    def between(self, start: float, end: float) -> float | None:
        return self.at(end) - self.at(start) if self.times else None


class Meter:
    """Calls each source, which returns seconds of CPU time or None, in a thread until it is stopped. A source that
    fails is left out from then on, its reason kept: a figure that is missing is better than a run that is lost."""

    def __init__(self, sources: dict[str, Callable[[], float | None]], interval: float = INTERVAL_SECONDS):
        self.sources = dict(sources)
        self.series = {name: Series() for name in sources}
        self.reasons: dict[str, str] = {}
        self.interval = interval
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.run, name="meter", daemon=True)

    def __enter__(self) -> "Meter":
        self.sample()
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.done.set()
        self.thread.join()
        self.sample()

    def run(self) -> None:
        while not self.done.wait(self.interval):
            self.sample()

    def sample(self) -> None:
        for name, source in list(self.sources.items()):
            try:
                value = source()
            except Exception as error:  # whatever it is, it must not end the run
                self.reasons[name] = f"{type(error).__name__}: {error}"
                del self.sources[name]
                continue
            if value is not None:
                self.series[name].add(time.time(), value)

    def between(self, name: str, start: float, end: float) -> float | None:
        return None if name in self.reasons else self.series[name].between(start, end)
