"""Reads profile.proto (github.com/google/pprof/proto/profile.proto), gzip'd or not, without any library."""
import gzip
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path


def _varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _signed(value):
    return value - (1 << 64) if value >= 1 << 63 else value


def _fields(data):
    """(number, value) for each field: an int, or bytes."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        if tag & 7 == 0:
            value, at = _varint(data, at)
        elif tag & 7 == 2:
            size, at = _varint(data, at)
            value = data[at : at + size]
            if len(value) != size:
                raise ValueError("the profile is cut")
            at += size
        else:
            raise ValueError(f"wire type {tag & 7} is not of a profile")
        yield tag >> 3, value


def _numbers(value):
    """A repeated number, packed or single."""
    if isinstance(value, int):
        return [value]
    found, at = [], 0
    while at < len(value):
        number, at = _varint(value, at)
        found.append(number)
    return found


@dataclass
class Sample:
    stack: list  # function names, leaf first
    values: list
    labels: dict


@dataclass
class Profile:
    types: list = field(default_factory=list)  # (type, unit)
    samples: list = field(default_factory=list)
    mappings: list = field(default_factory=list)  # (file, build id)
    comments: list = field(default_factory=list)
    time_ns: int = 0
    duration_ns: int = 0
    period: int = 0

    def total(self):
        return sum(sample.values[-1] for sample in self.samples)


def parse(data):
    """Raises ValueError when it is no profile."""
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    try:
        raw = defaultdict(list)
        for number, value in _fields(data):
            raw[number].append(value)
        return _resolve(raw)
    except (IndexError, KeyError, EOFError) as error:
        raise ValueError(f"this is no profile: {error!r}") from error


def _one(message, number, default=0):
    return next((value for found, value in _fields(message) if found == number), default)


def _resolve(raw):
    strings = [text.decode() for text in raw[6]]
    functions = {_one(message, 1): strings[_one(message, 2)] for message in raw[5]}
    files = {_one(message, 1): strings[_one(message, 5)].rsplit("/", 1)[-1] for message in raw[3]}
    locations = {}
    for message in raw[4]:
        lines = [_one(value, 1) for number, value in _fields(message) if number == 4]
        library = files.get(_one(message, 2))  # of a function that it does not export
        unnamed = f"[{library}]" if library else hex(_one(message, 3))
        locations[_one(message, 1)] = [functions[line] for line in lines] or [unnamed]
    out = Profile()
    out.types = [(strings[_one(message, 1)], strings[_one(message, 2)]) for message in raw[1]]
    out.mappings = [(strings[_one(message, 5)], strings[_one(message, 6)]) for message in raw[3]]
    out.comments = [strings[number] for value in raw[13] for number in _numbers(value)]
    out.time_ns, out.duration_ns, out.period = (raw[number][0] if raw[number] else 0 for number in (9, 10, 12))
    for message in raw[2]:
        stack, values, labels = [], [], {}
        for number, value in _fields(message):
            if number == 1:
                stack += [name for place in _numbers(value) for name in locations[place]]
            elif number == 2:
                values += [_signed(number_) for number_ in _numbers(value)]
            elif number == 3:
                labels[strings[_one(value, 1)]] = strings[_one(value, 2)]
        out.samples.append(Sample(stack, values, labels))
    return out


def read(path):
    return parse(Path(path).read_bytes())


# -- the annotated list ----------------------------------------------------------------------------------------------

UNITS = {"nanoseconds": (1e6, "ms"), "bytes": (1 << 20, "MiB")}


def by_label(profile, key, none):
    sums = defaultdict(int)
    for sample in profile.samples:
        sums[sample.labels.get(key, none)] += sample.values[-1]
    return sorted(sums.items(), key=lambda item: -item[1])


def by_function(profile):
    """name -> [self, total, {station: self}]"""
    rows = defaultdict(lambda: [0, 0, defaultdict(int)])
    for sample in profile.samples:
        value = sample.values[-1]
        if sample.stack:
            row = rows[sample.stack[0]]
            row[0] += value
            row[2][sample.labels.get("station", "")] += value
        for name in set(sample.stack):
            rows[name][1] += value
    return rows


def top_text(profile, lines=30):
    """Stations, operations and functions, each with its share."""
    kind, unit = profile.types[-1]
    size, word = UNITS.get(unit, (1, unit))
    total = profile.total() or 1
    out = [f"{kind}: {profile.total() / size:.1f} {word} in {profile.duration_ns / 1e9:.1f} s; " + "; ".join(profile.comments)]
    for title, key, none in (("station", "station", "(none)"), ("operation", "operation", "(no request)")):
        out += ["", f"{word:>10}   share  {title}"]
        out += [f"{value / size:10.1f}  {value / total:6.1%}  {name}" for name, value in by_label(profile, key, none)[:16]]
    out += ["", f"{'self ' + word:>10}   share   total  station      function"]
    rows = sorted(by_function(profile).items(), key=lambda item: -item[1][0])[:lines]
    for name, (own, whole, stations) in rows:
        if own:
            where = max(stations, key=stations.get)
            out.append(f"{own / size:10.1f}  {own / total:6.1%}  {whole / total:6.1%}  {where:<12} {name[:110]}")
    return "\n".join(out)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: profile_proto.py PROFILE.pb.gz")
    print(top_text(read(sys.argv[1])))
