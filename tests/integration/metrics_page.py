"""The page of /-/metrics as Prometheus' reference parser reads it."""
from prometheus_client.parser import text_string_to_metric_families


class Page:
    """One scrape. `families` by their names as docs/metrics.md has them: a counter's with its `_total`."""

    def __init__(self, text):
        self.text = text
        self.families = {}
        for family in text_string_to_metric_families(text):
            name = f"{family.name}_total" if family.type == "counter" else family.name
            assert name not in self.families, f"{name} comes twice"
            self.families[name] = family

    def value(self, sample, **labels):
        """Of the one series with these labels and no other; 0 when it has not begun."""
        return sum(each.value for each in self.samples(sample) if each.labels == labels)

    def total(self, sample, **labels):
        """Of all series with these labels, whatever else they have."""
        return sum(each.value for each in self.samples(sample) if labels.items() <= each.labels.items())

    def samples(self, sample):
        return [each for family in self.families.values() for each in family.samples if each.name == sample]

    def series(self):
        """Every sample as name and labels, with its value."""
        return {
            (each.name, tuple(sorted(each.labels.items()))): each.value
            for family in self.families.values()
            for each in family.samples
        }


def scrape(server):
    status, body = server.get("/-/metrics")
    assert status == 200
    return Page(body.decode())
