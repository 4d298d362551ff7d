"""What the mixer answers to whoever asks on its control socket."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from mixer.control import ControlError
from mixer.tracing import Tracing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mixer.acting import Acting
    from mixer.conductor import Conductor
    from mixer.control import Answers, Json, Request, Streams
    from mixer.playing import Playing
    from mixer.roll_call import RollCall
    from mixer.spectators import Spectators
    from mixer.trunks import Trunks
    from sip.agent import Agent
    from sip.io.endpoint import Endpoint
    from sip.trace import Trace


class Console:
    def __init__(
        self,
        *,
        agent: Agent,
        endpoint: Endpoint,
        trunks: Trunks,
        conductor: Conductor,
        trace: Trace | None,
        roll_call: RollCall,
        spectators: Spectators,
        acting: Acting,
        playing: Playing,
    ) -> None:
        self._agent = agent
        self._endpoint = endpoint
        self._trunks = trunks
        self._conductor = conductor
        self._roll_call = roll_call
        self._spectators = spectators
        self._started_at = time.time()
        tracing = Tracing(trace, lambda: conductor.programme.codes)
        self.answers: Answers = {
            "status": self._status,
            "conference": spectators.look,
            "check": self._check,
            **tracing.answers,
            **acting.answers,
            **playing.answers,
        }
        self.streams: Streams = {"watch": spectators.watch, "events": spectators.events}

    def _status(self, _: Request) -> Mapping[str, Json]:
        now = self._endpoint.now()
        return {
            "status": {
                "pid": os.getpid(),
                "since": self._started_at,
                "listening": [str(at) for at in self._endpoint.addresses],
                "registered": sorted({stored["account"] for stored in self._agent.registrar.dump(now)}),
                "trunks": list(self._trunks.status(lambda moment: time.time() + moment - now)),
                **self._conductor.status(self._spectators.absent),
            }
        }

    async def _check(self, request: Request) -> Mapping[str, Json]:
        """``phones`` of the conference ``code``, as :meth:`mixer.roll_call.RollCall.of` says."""
        plan = self._conductor.programme.planned(request.text("code"))
        if plan is None:
            raise ControlError("the mixer knows no conference {code}", code=request.text("code"))
        return {"phones": await self._roll_call.of(plan.people)}
