"""What a phone says of where it listens, beside where it signals from."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer.bridge.protocol import Address, Media
from mixer.negotiation import capabilities_of, codecs_of, media_of, read_offer
from mixer.reachability import other_host, unfit
from sip.errors import RemoteError
from tests.mixer.desk import sdp

G711 = capabilities_of(codecs_of(("PCMU",)))
OUTSIDE = "93.184.216.34"


def media(stated: str, source: str, port: int = 4000, before: Media | None = None) -> Media:
    offer = sdp(host=stated, port=port, family="IP6" if ":" in stated else "IP4")
    return media_of(read_offer(offer, G711, "10.0.0.1"), source, before)


@pytest.mark.parametrize(
    ("stated", "source", "sent_to", "behind", "perhaps"),
    [
        ("10.0.0.9", "10.0.0.9", "10.0.0.9", None, None),
        ("172.17.0.2", "192.168.1.10", "172.17.0.2", None, "192.168.1.10"),  # a container, or a gateway
        ("192.168.1.7", OUTSIDE, "192.168.1.7", OUTSIDE, None),
        ("169.254.7.7", "10.0.0.9", "169.254.7.7", "10.0.0.9", None),
        ("8.8.8.8", OUTSIDE, "8.8.8.8", None, None),
        ("127.0.0.2", "127.0.0.1", "127.0.0.2", None, None),
        ("2a00::7", "2a00::7", "2a00::7", None, None),
        ("fd00::7", "2a00::7", "fd00::7", "2a00::7", None),
        ("fd00::7", "fd00::8", "fd00::7", None, "fd00::8"),
        ("fe80::7", "fe80::7%3", "fe80::7%3", None, None),
        ("fe80::7", "2a00::7", "fe80::7", "2a00::7", None),
        ("::ffff:10.0.0.9", "10.0.0.9", "10.0.0.9", None, None),
    ],
)
def test_where_sound_is_sent_and_where_it_is_expected_from(
    stated: str, source: str, sent_to: str, behind: str | None, perhaps: str | None
) -> None:
    found = media(stated, source)
    assert (found.remote.host, found.public_host, found.other_host) == (sent_to, behind, perhaps)
    assert found.unproven == (behind is None and sent_to != source)


@pytest.mark.parametrize(
    ("stated", "port"),
    [
        ("224.0.0.251", 5004),
        ("239.1.2.3", 5004),
        ("ff02::1", 5004),
        ("255.255.255.255", 5004),
        ("240.0.0.1", 5004),
        ("fe80::7", 5004),  # of which interface?
        ("10.0.0.9", 53),
        ("10.0.0.9", 1023),
    ],
)
def test_nothing_is_sent_to_groups_to_services_and_to_what_has_no_meaning_here(stated: str, port: int) -> None:
    with pytest.raises(RemoteError) as refused:
        media(stated, "10.0.0.9", port)
    assert refused.value.status == 488


def test_a_phone_that_says_that_it_has_moved_is_not_listened_to_where_it_was() -> None:
    before = media("192.168.1.10", "192.168.1.10")
    assert media("192.168.1.11", "192.168.1.10", before=before).other_host is None


def test_a_phone_on_hold_by_zeros_stays_where_it_was_of_either_version() -> None:
    for zeros, source in (("0.0.0.0", "10.0.0.9"), ("::", "fd00::9")):
        before = media(source, source)
        held = media(zeros, source, before=before)
        assert (held.remote, held.sending) == (Address(source, 4000), False)


@pytest.mark.parametrize(
    ("stated", "source"), [("phone.example", "10.0.0.9"), ("10.0.0.9", "fd00::1"), ("10.0.0.9", "127.0.0.1")]
)
def test_nobody_is_expected_from_elsewhere_without_a_reason(stated: str, source: str) -> None:
    assert other_host(stated, source) is None


HOSTS = st.one_of(
    st.ip_addresses().map(str),
    st.sampled_from(
        [
            "0.0.0.0",
            "::",
            "127.0.0.1",
            "::1",
            "10.0.0.9",
            "169.254.1.1",
            "fe80::7",
            "::ffff:10.0.0.9",
            "224.0.0.1",
            OUTSIDE,
        ]
    ),
)


@settings(max_examples=300, deadline=None)
@given(HOSTS, HOSTS.filter(lambda host: host not in ("0.0.0.0", "::")), st.integers(0, 65535), st.booleans())
def test_whatever_a_phone_states_nothing_is_sent_where_nothing_may_be(
    stated: str, source: str, port: int, talking: bool
) -> None:
    before = media("10.0.0.9", "10.0.0.9") if talking else None
    try:
        found = media(stated, source, port, before)
    except RemoteError as refused:
        assert refused.status == 488  # noqa: PT017  either is right
    else:
        assert unfit(found.public_host or found.remote.host, found.remote.port) is None
        assert found.rtcp is None
        assert found.other_host is None or found.other_host == source
