"""The running mixer's figures for Prometheus, in its text format.

Labels are directions, results, methods and statuses, of which there are few, and the names of trunks: no number, no
code, nothing that a stranger could make more of.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prometheus_client.core import Metric

    from mixer.figures import Figures, Histogram


def exposition(figures: Callable[[], Figures]) -> Callable[[], bytes]:
    """What makes the text of figures as they are then."""
    registry = CollectorRegistry()
    registry.register(_Mixer(figures, version("confctl")))  # asked once: it is read from the disk
    ProcessCollector(registry=registry)
    ProcessCollector(namespace="confctl_bridge", pid=lambda: figures().bridge_pid, registry=registry)
    return lambda: generate_latest(registry)


class _Mixer(Collector):
    def __init__(self, figures: Callable[[], Figures], program: str) -> None:
        self._figures = figures
        self._program = program

    def describe(self) -> list[Metric]:
        """None: nothing is to be counted before the mixer runs."""
        return []

    def collect(self) -> Iterator[Metric]:
        now = self._figures()
        yield _gauge("confctl_info", "The program.", {"version": self._program}, 1)
        yield GaugeMetricFamily("confctl_legs", "Calls that ring, talk or key in a code.", now.legs)
        yield GaugeMetricFamily("confctl_conferences", "Conferences that run.", now.conferences)
        yield GaugeMetricFamily("confctl_people", "People in conferences.", now.people)
        yield GaugeMetricFamily("confctl_accounts_registered", "Accounts with a registered phone.", now.accounts)
        yield GaugeMetricFamily("confctl_phones_registered", "Phones that are registered.", now.bindings)
        calls = CounterMetricFamily("confctl_calls", "Calls that have ended.", labels=["direction", "result"])
        for labels, count in now.calls.items():
            calls.add_metric(labels, count)
        yield calls
        yield _histogram("confctl_call_mos", "Sound of a call (E-model), on its average.", now.mos)
        yield _histogram("confctl_call_jitter_seconds", "Jitter of a call, at its end.", now.jitter)
        yield from _trunks(now)
        yield from _sound(now)
        yield from _signalling(now)


def _trunks(now: Figures) -> Iterator[Metric]:
    up = GaugeMetricFamily("confctl_trunk_up", "Whether it can be used, as far as is known.", labels=["trunk"])
    calls = GaugeMetricFamily("confctl_trunk_calls", "Calls through it.", labels=["trunk"])
    for trunk in now.trunks:
        up.add_metric([trunk.name], trunk.up)
        calls.add_metric([trunk.name], trunk.calls)
    yield up
    yield calls


def _sound(now: Figures) -> Iterator[Metric]:
    packets = CounterMetricFamily("confctl_rtp_packets", "Packets of sound.", labels=["direction"])
    packets.add_metric(["in"], now.packets["received"])
    packets.add_metric(["out"], now.packets["sent"])
    yield packets
    lost, late = now.packets["lost"], now.packets["late"]
    yield CounterMetricFamily("confctl_rtp_packets_lost", "Packets that did not come.", lost)
    yield CounterMetricFamily("confctl_rtp_packets_late", "Packets that came too late to be heard.", late)
    yield CounterMetricFamily("confctl_ticks", "Ticks of the bridge, of 20 ms.", now.ticks)
    yield CounterMetricFamily("confctl_late_ticks", "Ticks more than 5 ms late.", now.late_ticks)
    yield CounterMetricFamily("confctl_bridges", "Bridge processes that were at work.", now.bridges)
    yield GaugeMetricFamily("confctl_bridge_silence_seconds", "Since the bridge told that it ticks.", now.silence)


def _signalling(now: Figures) -> Iterator[Metric]:
    messages = CounterMetricFamily(
        "confctl_sip_messages", "SIP messages, by method or status.", labels=["direction", "kind"]
    )
    for labels, count in now.messages.items():
        messages.add_metric(labels, count)
    yield messages
    yield CounterMetricFamily("confctl_sip_messages_dropped", "Neither used nor answered.", now.dropped)
    yield CounterMetricFamily("confctl_strangers", "Wrong passwords and codes, unknown numbers, floods.", now.strangers)


def _gauge(name: str, text: str, labels: dict[str, str], value: float) -> Metric:
    family = GaugeMetricFamily(name, text, labels=list(labels))
    family.add_metric(list(labels.values()), value)
    return family


def _histogram(name: str, text: str, found: Histogram) -> Metric:
    below, buckets = 0, []
    for bound, count in zip((*map(str, found.bounds), "+Inf"), found.buckets, strict=True):
        below += count
        buckets.append((bound, float(below)))
    return HistogramMetricFamily(name, text, buckets=buckets, sum_value=found.total)
