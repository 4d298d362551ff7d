"""What Prometheus is told, and that no scraper holds up the mixer."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from confctl import metrics, metrics_server, settings
from confctl.metrics import exposition
from confctl.metrics_server import LARGEST_REQUEST, MOST_AT_ONCE, MetricsServer
from confctl.metrics_settings import Metrics
from confctl.problems import BrokenFileError
from mixer.bridge.protocol import Ready
from mixer.bridge.statistics import TABLE, Statistics
from mixer.figures import JITTER, MOS, Figures, Histogram, TrunkFigures
from mixer.traffic import Traffic
from sip.tally import Tally

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.confctl.office import Office


def figures() -> Figures:
    mos = Histogram(MOS)
    for value in (4.4, 4.2, 1.0):
        mos.add(value)
    return Figures(
        legs=7,
        conferences=2,
        people=5,
        calls=Counter({("out", "answered"): 3, ("out", "busy"): 1}),
        mos=mos,
        jitter=Histogram(JITTER),
        accounts=4,
        bindings=6,
        trunks=(TrunkFigures("provider", True, 2), TrunkFigures('other "one"', False, 0)),
        packets={"received": 100, "sent": 200, "lost": 3, "late": 1},
        ticks=1000,
        late_ticks=2,
        bridges=1,
        bridge_pid=0,
        silence=0.1,
        messages={("in", "INVITE"): 9, ("out", "200"): 8},
        dropped=1,
        strangers=12,
    )


def samples(text: bytes) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(text.decode())
    return {(each.name, *each.labels.values()): each.value for family in families for each in family.samples}


def test_prometheus_reads_all_figures() -> None:
    told = samples(exposition(figures)())
    assert told["confctl_legs",] == 7
    assert told["confctl_calls_total", "out", "busy"] == 1
    assert told["confctl_trunk_up", "provider"] == 1 and told["confctl_trunk_up", 'other "one"'] == 0
    assert told["confctl_rtp_packets_total", "in"] == 100
    assert told["confctl_sip_messages_total", "in", "INVITE"] == 9
    assert [told["confctl_call_mos_bucket", bound] for bound in ("1.5", "4.0", "4.3", "+Inf")] == [1, 1, 2, 3]
    assert told["confctl_call_mos_count",] == 3
    assert told["confctl_call_mos_sum",] == pytest.approx(9.6)
    assert told["process_resident_memory_bytes",] > 1e6


def test_nothing_is_read_from_the_disk_of_the_program_whenever_somebody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    text = exposition(figures)
    monkeypatch.setattr(metrics, "version", lambda _: pytest.fail("it is known already"))
    assert 'confctl_info{version="' in text().decode()


def test_messages_are_counted_by_what_is_known_and_a_flood_of_strange_ones_makes_no_more() -> None:
    tally = Tally()
    for number in range(1000):
        tally.came(b"METHOD%d sip:a SIP/2.0\r\n" % number)
        tally.came(b"SIP/2.0 %d x\r\n" % (number + 100))
        tally.came(bytes([number % 256]))
    assert tally.received["other"] > 2000
    assert len(tally.received) < 120


def rows(*legs: tuple[int, int, int]) -> bytes:
    """Number, received, lost."""
    table = np.zeros(len(legs), TABLE)
    for row, (leg, received, lost) in zip(table, legs, strict=True):
        row["leg"], row["received"], row["lost"] = leg, received, lost
    return table.tobytes()


def told(ticks: int, octets: bytes, *, more: bool = False) -> Statistics:
    return Statistics(1, ticks, 0, 0, 0, 0, octets, more)


def test_packets_are_counted_on_through_legs_that_go_and_bridges_that_die() -> None:
    traffic = Traffic()
    traffic.hear(Ready(4711))
    traffic.hear(told(250, rows((2, 50, 0)), more=True))
    traffic.hear(told(250, rows((1, 100, 5))))
    assert traffic.packets["received"] == 150
    traffic.hear(told(500, rows((3, 7, 1), (1, 300, 5))))  # the second is gone, a third has come
    assert (traffic.packets["received"], traffic.packets["lost"]) == (357, 6)
    traffic.hear(Ready(4712))
    traffic.hear(told(10, rows((1, 20, 0), (3, 0, 0))))
    assert (traffic.packets["received"], traffic.packets["lost"]) == (377, 6)
    assert (traffic.ticks, traffic.bridges, traffic.bridge_pid) == (510, 2, 4712)
    traffic.hear(told(20, b""))
    assert traffic.packets["received"] == 377


# The server


class Text:
    def __init__(self) -> None:
        self.made = 0

    def __call__(self) -> bytes:
        self.made += 1
        return b"confctl_legs 7\n"


@asynccontextmanager
async def serving(text: Text, host: str = "127.0.0.1") -> AsyncIterator[MetricsServer]:
    server = MetricsServer(Metrics(host, 0), text)
    await server.start()
    yield server
    await server.close()


async def asked(server: MetricsServer, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (b"127.0.0.1:9100", b"200"),
        (b"[::1]:9100", b"200"),
        (b"192.0.2.7", b"200"),
        (b"LocalHost:9100", b"200"),
        (b"evil.example.com:9100", b"403"),
        (b"127.0.0.1.evil.example.com", b"403"),
        (b"localhost\r\nhOST:evil.example.com", b"403"),
        (b"\xd9\xa1.example", b"403"),
    ],
)
async def test_a_page_whose_name_was_made_to_point_here_reads_no_figures(host: bytes, status: bytes) -> None:
    async with serving(text := Text()) as server:
        answer = await asked(server, b"GET /metrics HTTP/1.1\r\nHost: %s\r\n\r\n" % host)
        assert answer.split()[1] == status
        assert text.made == (status == b"200")


async def test_a_scraper_on_another_machine_may_call_us_by_name() -> None:
    async with serving(Text(), "0.0.0.0") as server:
        answer = await asked(server, b"GET /metrics HTTP/1.1\r\nHost: bridge.example.com:9464\r\n\r\n")
        assert answer.split()[1] == b"200"


async def test_who_asks_for_the_metrics_gets_them_and_nothing_else() -> None:
    async with serving(text := Text()) as server:
        answer = await asked(server, b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4")
        assert (body, text.made) == (b"confctl_legs 7\n", 1)
        assert (await asked(server, b"HEAD /metrics HTTP/1.0\r\n\r\n")).endswith(b"\r\n\r\n")
        assert b" 404 " in await asked(server, b"GET / HTTP/1.1\r\n\r\n")
        assert b" 405 " in await asked(server, b"POST /metrics HTTP/1.1\r\n\r\n")
        assert text.made == 1  # within a second


@pytest.mark.parametrize("request_", [b"GET /met", b"\x16\x03\x01", b"x" * (LARGEST_REQUEST + 100), b""])
async def test_who_asks_slowly_or_for_nothing_is_dropped(monkeypatch: pytest.MonkeyPatch, request_: bytes) -> None:
    monkeypatch.setattr(metrics_server, "PATIENCE", 0.2)
    async with serving(Text()) as server:
        with suppress(ConnectionError):
            assert await asked(server, request_) == b""
        assert b" 200 " in await asked(server, b"GET /metrics HTTP/1.1\r\n\r\n")


@pytest.mark.parametrize("said", [b"", b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"], ids=["silent", "deaf"])
async def test_however_many_never_ask_or_never_close_a_scraper_is_answered_at_once(said: bytes) -> None:
    async with serving(text := Text()) as server:
        idle = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(3 * MOST_AT_ONCE)]
        for _, writer in idle:
            writer.write(said)
        began = asyncio.get_running_loop().time()
        assert b" 200 " in await asked(server, b"GET /metrics HTTP/1.1\r\n\r\n")
        assert asyncio.get_running_loop().time() - began < metrics_server.PATIENCE / 2
        assert text.made >= 1
        async with asyncio.timeout(metrics_server.PATIENCE / 2):
            for reader, _ in idle[:-MOST_AT_ONCE]:  # they are parted from, and the latest are not
                with suppress(ConnectionError):
                    await reader.read()
        for _, writer in idle:
            writer.close()


async def test_a_port_that_is_taken_costs_the_metrics_alone(caplog: pytest.LogCaptureFixture) -> None:
    async with serving(Text()) as server:
        other = MetricsServer(Metrics("127.0.0.1", server.port), Text())
        await other.start()
        await other.close()
    assert caplog.messages == [f"no metrics at 127.0.0.1:{server.port}: Address already in use"]


# The settings


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", Metrics()),
        ('listen = "127.0.0.1:9464"', Metrics("127.0.0.1", 9464)),
        ('listen = "[::1]:9464"', Metrics("::1", 9464)),
        ('listen = "0.0.0.0:9464"\nremote = true', Metrics("0.0.0.0", 9464)),
    ],
)
def test_they_are_off_unless_set(office: Office, text: str, found: Metrics) -> None:
    config = office.folder / "confctl.toml"
    config.write_text(f"{config.read_text(encoding='utf-8')}[metrics]\n{text}\n", encoding="utf-8")
    assert settings.load(config).metrics == found


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("0.0.0.0:9464", "other machines can read 0.0.0.0:9464, and nobody is asked for a password; if that is meant"),
        ("192.0.2.7:9464", "other machines can read"),
        ("9464", "is no address with a port; write for example: 127.0.0.1:9464"),
        ("127.0.0.1:0", "0 is no port"),
        ("999.0.0.1:80", "is no address"),
    ],
)
def test_other_machines_read_them_only_where_that_is_said_twice(office: Office, value: str, why: str) -> None:
    config = office.folder / "confctl.toml"
    config.write_text(f'{config.read_text(encoding="utf-8")}[metrics]\nlisten = "{value}"\n', encoding="utf-8")
    with pytest.raises(BrokenFileError) as broken:
        settings.load(config)
    (problem,) = broken.value.problems
    assert "confctl.toml:15: metrics.listen: " in str(problem) and why in str(problem)
