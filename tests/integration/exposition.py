"""Reads Prometheus's text format 0.0.4, strictly, and says what is in it."""

import re

from prometheus_client.parser import text_string_to_metric_families

NAME = r"xmpp_status_[a-z_]+"
VALUE = r"\d+(?:\.\d{6})?"
SAMPLE = re.compile(rf'({NAME})(?:\{{([a-z]+="[^"\\]*"(?:,[a-z]+="[^"\\]*")*)\}})? ({VALUE})')
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("",), "gauge": ("",)}


def parse(text):
    """Returns {(name, labels): value}, labels as a frozenset of pairs; ValueError if it is wrong.

    Each family must come once, HELP first, then TYPE, then its samples, none of them twice. The
    bounds of histograms must rise, and so must what they count. The reader of Prometheus's own
    client library must find the same.
    """
    samples = {}
    families = {}
    family = None
    if not text.endswith("\n"):
        raise ValueError("the last line does not end")
    for line in text[:-1].split("\n"):
        if match := re.fullmatch(rf"# HELP ({NAME}) [^\\]+", line):
            family = match[1]
            if family in families:
                raise ValueError(f"{family} comes twice")
            families[family] = None
        elif match := re.fullmatch(rf"# TYPE ({NAME}) (counter|gauge|histogram)", line):
            if match[1] != family or families[family] is not None:
                raise ValueError(f"not the type of {family}: {line}")
            families[family] = match[2]
            if (match[2] == "counter") != family.endswith("_total"):
                raise ValueError(f"a counter, and nothing else, ends in _total: {line}")
        else:
            _add_sample(samples, families, family, line)
    _check_histograms(samples, families)
    _compare(samples, text)
    return samples


def value(samples, name, **labels):
    """The value of one sample, None if it is not there."""
    return samples.get((f"xmpp_status_{name}", frozenset(labels.items())))


def _add_sample(samples, families, family, line):
    match = SAMPLE.fullmatch(line)
    if match is None:
        raise ValueError(f"not a sample: {line!r}")
    name, labels, number = match.groups()
    if name not in [family + suffix for suffix in SUFFIXES[families[family]]]:
        raise ValueError(f"not of {family}: {line}")
    pairs = re.findall(r'([a-z]+)="([^"]*)"', labels or "")
    key = (name, frozenset(pairs))
    if key in samples or len(dict(pairs)) != len(pairs):
        raise ValueError(f"twice: {line}")
    samples[key] = float(number)


def _check_histograms(samples, families):
    for family in [name for name, kind in families.items() if kind == "histogram"]:
        buckets = [
            (float(dict(labels)["le"]), count)
            for (name, labels), count in samples.items() if name == family + "_bucket"
        ]
        if buckets != sorted(buckets) or len(dict(buckets)) != len(buckets):
            raise ValueError(f"the bounds of {family} do not rise")
        if [count for _, count in buckets] != sorted(count for _, count in buckets):
            raise ValueError(f"the counts of {family} do not rise")
        if buckets[-1] != (float("inf"), samples[(family + "_count", frozenset())]):
            raise ValueError(f"{family} does not end with everything")
        if (family + "_sum", frozenset()) not in samples:
            raise ValueError(f"{family} has no sum")


def _compare(samples, text):
    theirs = {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text) for sample in family.samples
    }
    if theirs != samples:
        raise ValueError(f"read differently: {set(theirs.items()) ^ set(samples.items())}")
