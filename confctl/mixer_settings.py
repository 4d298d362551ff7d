"""What the mixer is told of ``confctl.toml``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixer.rules.absence import AbsencePolicy
from mixer.rules.call_policy import CallPolicy
from mixer.settings import Listener, MixerSettings, RecordingSettings, TrunkRoute
from sip.settings import TlsFiles

if TYPE_CHECKING:
    from confctl.absence_settings import OwnerAbsence
    from confctl.settings import Settings


def mixer_settings(settings: Settings) -> MixerSettings:
    certificates = settings.sip.certificates
    return MixerSettings(
        company=settings.company.name,
        number=settings.company.number,
        conference_number=settings.company.conference_number,
        language=settings.company.language,
        domain=settings.sip.domain.strip("[]"),
        listeners=tuple(Listener(at.transport, at.host, at.port, at.srtp) for at in settings.sip.listen),
        tls=TlsFiles(certificates.certificate, certificates.private_key, certificates.ca_file),
        external_addresses=settings.sip.external_addresses,
        media_ports=(settings.media.first_port, settings.media.last_port),
        state=settings.paths.state,
        socket=settings.control.socket,
        control_group=settings.control.group,
        callable_prefixes=settings.control.call,
        recording=RecordingSettings(
            settings.recording.folder, settings.recording.format, settings.recording.keep_free * 1_000_000
        ),
        trunks=tuple(
            TrunkRoute(
                trunk.name,
                trunk.uri,
                trunk.username,
                trunk.password,
                trunk.register,
                trunk.trust_caller_id,
                trunk.srtp,
                trunk.rewrite,
                trunk.max_calls,
                trunk.caller_id,
                trunk.options_seconds,
            )
            for trunk in settings.trunks
        ),
        listed_only=settings.conference.admit == "listed",
        ring_seconds=settings.conference.ring_seconds,
        call_policy=CallPolicy(
            ring=settings.conference.ring,
            press_one=settings.conference.press_one,
            again=settings.conference.call_again,
            trunk=bool(settings.trunks),
            absence=_absence_policy(settings.conference.owner_absence),
        ),
        hold_music_guard=settings.conference.hold_music_guard,
        keys=settings.keys,
        announcements=settings.announcements,
        automatic_gain=settings.media.automatic_gain,
        codecs=settings.media.codecs,
        digests=settings.sip.digest,
        srtp=settings.sip.srtp,
        trace_octets=settings.sip.trace * 1_000_000,
    )


def _absence_policy(owner: OwnerAbsence) -> AbsencePolicy:
    return AbsencePolicy(
        owner.call_again_seconds or None, owner.call_again_times, owner.minutes * 60 or None, owner.remedy
    )
