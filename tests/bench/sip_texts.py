"""What the phones of a load say of their sound."""

from __future__ import annotations

from tests.bench.rtp_phones import HOST

_SDP = """\
v=0
o=- 1 1 IN IP4 {host}
s=-
c=IN IP4 {host}
t=0 0
m=audio {port} RTP/AVP 0 101
a=rtcp:{rtcp}
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
"""


def described(port: int, rtcp: int) -> bytes:
    """An SDP: PCMU and digits at ``port``, RTCP at ``rtcp``."""
    return _SDP.format(host=HOST, port=port, rtcp=rtcp).replace("\n", "\r\n").encode()
