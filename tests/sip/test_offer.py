from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sip.errors import RemoteError
from sip.offer import Capabilities, Format, Negotiated, accept_answer, answer, make_offer
from sip.sdp import Direction, SessionDescription
from tests.sip.phones_sdp import PHONES

PCMU, PCMA, G722 = Format("PCMU", 8000, 0), Format("PCMA", 8000, 8), Format("G722", 8000, 9)
OPUS = Format("opus", 48000, 111, "useinbandfec=1", 2)
EVENTS = Format("telephone-event", 8000, 101, "0-15")
WIDE_EVENTS = Format("telephone-event", 48000, 110, "0-15")
OURS = Capabilities((PCMU, PCMA, G722), (EVENTS,))
HD_FIRST = Capabilities((OPUS, G722, PCMU, PCMA), (EVENTS, WIDE_EVENTS), (Format("CN", 8000, 13),))


def offered(*media: str, address: str = "192.0.2.5") -> SessionDescription:
    head = f"v=0\r\no=- 1 1 IN IP4 192.0.2.5\r\ns=-\r\nc=IN IP4 {address}\r\nt=3034423619 3042462419\r\n"
    return SessionDescription.parse((head + "".join(f"{line}\r\n" for line in media)).encode())


def answered(offer: SessionDescription, capabilities: Capabilities = OURS) -> tuple[SessionDescription, Negotiated]:
    return answer(offer, capabilities, "198.51.100.1", 20000, 7, 1)


def test_our_offer() -> None:
    assert bytes(make_offer(OURS, "198.51.100.1", 20000, 7, 1)).decode().split("\r\n") == [
        "v=0",
        "o=- 7 1 IN IP4 198.51.100.1",
        "s=-",
        "c=IN IP4 198.51.100.1",
        "t=0 0",
        "m=audio 20000 RTP/AVP 0 8 9 101",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:8 PCMA/8000",
        "a=rtpmap:9 G722/8000",
        "a=rtpmap:101 telephone-event/8000",
        "a=fmtp:101 0-15",
        "a=ptime:20",
        "a=maxptime:60",
        "a=sendrecv",
        "",
    ]


def test_our_offer_of_opus_names_two_channels_and_events_at_its_clock_too() -> None:
    """RFC 7587 §4.2: always 48000/2, whatever is meant."""
    (media,) = make_offer(HD_FIRST, "198.51.100.1", 20000, 7, 1).media
    assert media.formats == ("111", "9", "0", "8", "101", "110")
    assert media.attributes("rtpmap")[0] == "111 opus/48000/2"
    assert media.attributes("rtpmap")[-1] == "110 telephone-event/48000"
    assert media.attributes("fmtp") == ("111 useinbandfec=1", "101 0-15", "110 0-15")


def test_our_offer_over_ipv6() -> None:
    assert b"c=IN IP6 2001:db8::1\r\n" in bytes(make_offer(OURS, "2001:db8::1", 20000, 7, 1))


@pytest.mark.parametrize(
    ("phone", "codec", "events", "to"),
    [
        ("pyvoip", PCMU, 101, ("127.0.0.1", 10100)),
        ("baresip", PCMU, 101, ("192.0.2.20", 21016)),
        ("linphone", PCMU, None, ("192.168.1.20", 7078)),
        ("sipp", PCMU, None, ("127.0.0.1", 6000)),
        ("cisco", PCMU, 101, ("192.168.1.30", 16384)),
    ],
)
def test_telephones_get_the_codec_that_we_like_best(
    phone: str, codec: Format, events: int | None, to: tuple[str, int]
) -> None:
    description, negotiated = answered(SessionDescription.parse(PHONES[phone]))
    assert negotiated.format == codec
    assert negotiated.accepted == (codec,)
    assert (negotiated.events, negotiated.host, negotiated.port) == (events, *to)
    assert (negotiated.send, negotiated.receive) == (True, True)
    assert description.media[0].formats[0] == "0"


@pytest.mark.parametrize(
    ("phone", "codec", "events"),
    [
        ("pyvoip", PCMU, 101),
        ("baresip", Format("opus", 48000, 96, OPUS.fmtp, 2), 101),  # whose events keep another clock
        ("linphone", Format("opus", 48000, 96, OPUS.fmtp, 2), 101),  # and whose have that of Opus
        ("sipp", PCMU, None),
        ("yealink", G722, 101),  # though it names it last
    ],
)
def test_telephones_that_have_hd_get_it(phone: str, codec: Format, events: int | None) -> None:
    description, negotiated = answered(SessionDescription.parse(PHONES[phone]), HD_FIRST)
    assert (negotiated.format, negotiated.events) == (codec, events)
    assert description.media[0].formats[0] == str(codec.payload_type)


def test_an_opus_of_one_channel_is_no_opus() -> None:
    one = offered("m=audio 5004 RTP/AVP 96 0", "a=rtpmap:96 opus/48000")
    assert answered(one, HD_FIRST)[1].format == PCMU


def test_events_keep_the_clock_of_the_sound_where_a_phone_offers_both() -> None:
    events = "a=rtpmap:100 telephone-event/8000", "a=rtpmap:101 telephone-event/48000"
    opus = offered("m=audio 5004 RTP/AVP 96 0 100 101", "a=rtpmap:96 opus/48000/2", *events)
    assert answered(opus, HD_FIRST)[1].events == 101
    assert answered(opus, OURS)[1].events == 100
    ours = make_offer(HD_FIRST, "198.51.100.1", 20000, 7, 1)
    events = "a=rtpmap:101 telephone-event/8000", "a=rtpmap:110 telephone-event/48000"
    both = offered("m=audio 5004 RTP/AVP 96 101 110", "a=rtpmap:96 opus/48000/2", *events)
    assert accept_answer(ours, both).events == 110
    assert accept_answer(ours, offered("m=audio 5004 RTP/AVP 9 110 101", *events)).events == 101


def test_comfort_noise_is_taken_from_those_who_offer_it() -> None:
    assert answered(offered("m=audio 5004 RTP/AVP 0 13"), HD_FIRST)[0].media[0].formats == ("0", "13")
    assert answered(offered("m=audio 5004 RTP/AVP 0 13"))[0].media[0].formats == ("0",)
    wide = offered("m=audio 5004 RTP/AVP 96 13", "a=rtpmap:96 opus/48000/2")
    assert answered(wide, HD_FIRST)[0].media[0].formats == ("96",)


def test_an_answer_keeps_the_order_of_streams_and_refuses_all_but_one() -> None:
    description, _ = answered(
        offered(
            "m=video 5000 RTP/AVP 31", "m=audio 5002 RTP/SAVP 0", "m=audio 5004 RTP/AVP 8 0", "m=audio 5006 RTP/AVP 0"
        )
    )
    assert [(media.kind, media.port, media.profile) for media in description.media] == [
        ("video", 0, "RTP/AVP"),
        ("audio", 0, "RTP/SAVP"),
        ("audio", 20000, "RTP/AVP"),
        ("audio", 0, "RTP/AVP"),
    ]
    assert description.media[2].formats == ("0",)
    assert description.timing == "3034423619 3042462419"


def test_dynamic_payload_types_are_the_offerers() -> None:
    description, negotiated = answered(
        offered("m=audio 5004 RTP/AVP 113 97", "a=rtpmap:113 pcma/8000/1", "a=rtpmap:97 Telephone-Event/8000")
    )
    assert negotiated.format == Format("PCMA", 8000, 113)
    assert negotiated.events == 97
    assert description.media[0].formats == ("113", "97")
    assert description.media[0].attributes("fmtp") == ("97 0-15",)


def test_an_rtpmap_outweighs_the_static_table() -> None:
    with pytest.raises(RemoteError):
        answered(offered("m=audio 5004 RTP/AVP 0", "a=rtpmap:0 SPEEX/8000"))


def test_a_profile_with_feedback_is_answered_with_itself() -> None:
    assert answered(offered("m=audio 5004 RTP/AVPF 0"))[0].media[0].profile == "RTP/AVPF"


@pytest.mark.parametrize(
    "media",
    [
        [],
        ["m=audio 0 RTP/AVP 0"],
        ["m=audio 40000 FOO/BAR 0"],
        ["m=audio 5004 RTP/AVP 18 3 4"],
        ["m=audio 5004 RTP/AVP 96"],
        ["m=audio 5004 RTP/AVP 101", "a=rtpmap:101 telephone-event/8000"],
        ["m=audio 5004 RTP/AVP 96", "a=rtpmap:96 PCMU/16000"],
        ["m=audio 5004 RTP/AVP 300", "a=rtpmap:300 PCMU/8000"],
        ["m=audio 5004 RTP/AVP ٠"],
        ["m=audio 5004 RTP/AVP 0", "c=IN IP4 224.2.1.1/127"],
        ["m=audio 5004 RTP/AVP 0", "c=IN IP4 255.255.255.255"],
        ["m=audio 5004 RTP/AVP 0", "c=IN IP4 host.example.com"],
        ["m=video 5004 RTP/AVP 0"],
    ],
)
def test_what_does_not_fit_is_refused_with_488(media: list[str]) -> None:
    with pytest.raises(RemoteError) as caught:
        answered(offered(*media))
    assert caught.value.status == 488


def test_an_offer_of_srtp_alone_is_refused() -> None:
    with pytest.raises(RemoteError):
        answered(SessionDescription.parse(PHONES["srtp_only"]))


def test_an_offer_without_an_address_is_refused() -> None:
    with pytest.raises(RemoteError):
        answered(SessionDescription.parse(b"v=0\r\nm=audio 5004 RTP/AVP 0\r\n"))


@pytest.mark.parametrize(
    ("theirs", "address", "ours", "send", "receive"),
    [
        ("sendrecv", "192.0.2.5", "sendrecv", True, True),
        ("sendonly", "192.0.2.5", "recvonly", False, True),
        ("recvonly", "192.0.2.5", "sendonly", True, False),
        ("inactive", "192.0.2.5", "inactive", False, False),
        ("sendrecv", "0.0.0.0", "recvonly", False, True),
        ("sendonly", "0.0.0.0", "recvonly", False, True),
        ("recvonly", "0.0.0.0", "inactive", False, False),
        ("inactive", "0.0.0.0", "inactive", False, False),
    ],
)
@pytest.mark.parametrize("level", ["media", "session"])
def test_hold_in_all_its_forms(theirs: str, address: str, ours: str, send: bool, receive: bool, level: str) -> None:
    media = ["m=audio 5004 RTP/AVP 0"]
    media.insert(1 if level == "media" else 0, f"a={theirs}")
    description, negotiated = answered(offered(*media, address=address))
    assert description.media[0].direction == ours
    assert (negotiated.send, negotiated.receive) == (send, receive)


def test_rtcp_elsewhere() -> None:
    assert answered(SessionDescription.parse(PHONES["baresip"]))[1].rtcp == ("192.0.2.20", 21017)
    elsewhere = offered("m=audio 5004 RTP/AVP 0", "a=rtcp:6001 IN IP4 192.0.2.6")
    assert answered(elsewhere)[1].rtcp == ("192.0.2.6", 6001)
    assert answered(offered("m=audio 5004 RTP/AVP 0"))[1].rtcp is None


# answers to our offer

OFFER = make_offer(OURS, "198.51.100.1", 20000, 7, 1)


def test_an_answer_with_two_codecs_is_sent_its_first_and_may_send_both() -> None:
    negotiated = accept_answer(OFFER, offered("m=audio 5004 RTP/AVP 8 0 101", "a=rtpmap:101 telephone-event/8000"))
    assert negotiated.format == PCMA
    assert negotiated.accepted == (PCMA, PCMU)
    assert negotiated.events == 101


def test_an_answer_that_renumbers_is_sent_its_number_and_sends_ours() -> None:
    """RFC 3264 §6.1."""
    offer = make_offer(Capabilities((Format("G722", 8000, 110),), (EVENTS,)), "198.51.100.1", 20000, 7, 1)
    negotiated = accept_answer(
        offer, offered("m=audio 5004 RTP/AVP 99 96", "a=rtpmap:99 G722/8000", "a=rtpmap:96 telephone-event/8000")
    )
    assert negotiated.format.payload_type == 99
    assert [format_.payload_type for format_ in negotiated.accepted] == [110]
    assert negotiated.events == 101


def test_an_answer_may_leave_our_numbers_unexplained() -> None:
    assert accept_answer(OFFER, offered("m=audio 5004 RTP/AVP 0 101")).events == 101


@pytest.mark.parametrize(
    "media",
    [
        [],
        ["m=audio 0 RTP/AVP 0"],
        ["m=video 5004 RTP/AVP 0"],
        ["m=audio 5004 RTP/SAVP 0"],
        ["m=audio 5004 RTP/AVP 18"],
        ["m=audio 5004 RTP/AVP 101"],
        ["m=audio 5004 RTP/AVP 0", "a=rtpmap:0 G729/8000"],
    ],
)
def test_an_answer_that_does_not_answer_our_offer_is_refused(media: list[str]) -> None:
    with pytest.raises(RemoteError) as caught:
        accept_answer(OFFER, offered(*media))
    assert caught.value.status == 488


def test_an_answer_on_hold() -> None:
    assert accept_answer(OFFER, offered("m=audio 5004 RTP/AVP 0", "a=recvonly")).receive is False
    assert accept_answer(OFFER, offered("m=audio 5004 RTP/AVP 0", address="0.0.0.0")).send is False


formats = st.lists(
    st.sampled_from([PCMU, PCMA, G722, Format("G722", 8000, 120), OPUS, replace(OPUS, payload_type=96)]),
    min_size=1,
    max_size=3,
    unique_by=lambda codec: codec.name,
)
capabilities = st.builds(
    Capabilities,
    formats.map(tuple),
    st.sampled_from([(), (EVENTS,), (Format("telephone-event", 8000, 97),), (EVENTS, WIDE_EVENTS), (WIDE_EVENTS,)]),
)


@given(capabilities, capabilities, st.sampled_from(["sendrecv", "sendonly", "recvonly", "inactive"]))
@settings(deadline=None, max_examples=200)
def test_both_sides_of_an_agreement_agree(one: Capabilities, other: Capabilities, direction: Direction) -> None:
    offer = SessionDescription.parse(bytes(make_offer(one, "192.0.2.1", 10000, 1, 1, direction=direction)))
    common = {codec.name for codec in one.audio} & {codec.name for codec in other.audio}
    if not common:
        with pytest.raises(RemoteError):
            answer(offer, other, "192.0.2.2", 20000, 2, 1)
        return
    description, theirs = answer(offer, other, "192.0.2.2", 20000, 2, 1)
    ours = accept_answer(offer, SessionDescription.parse(bytes(description)))
    assert theirs.format.name == next(codec.name for codec in other.audio if codec.name in common)
    assert ours.format.name == theirs.format.name
    assert ours.format.payload_type in {format_.payload_type for format_ in theirs.accepted}
    assert theirs.format.payload_type in {format_.payload_type for format_ in ours.accepted}
    assert ours.events == theirs.events
    clocks = {codec.clock for codec in one.audio} & {event.clock for event in one.events}
    assert (ours.events is None) == clocks.isdisjoint(event.clock for event in other.events)
    assert ((ours.host, ours.port), (theirs.host, theirs.port)) == (("192.0.2.2", 20000), ("192.0.2.1", 10000))
    assert (theirs.send, theirs.receive) == (
        direction in ("sendrecv", "recvonly"),
        direction in ("sendrecv", "sendonly"),
    )
    assert (ours.send, ours.receive) == (theirs.receive, theirs.send)
