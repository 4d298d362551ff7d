"""What a mixer says of its conferences to whoever asks over the control socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mixer.rules.conference import hearing
from mixer.whom import guest

if TYPE_CHECKING:
    from mixer.control import Json
    from mixer.lines import Lines
    from mixer.rules.conference import Conference
    from mixer.rules.model import Plan


def of_planned(plan: Plan) -> dict[str, Json]:
    return {"code": plan.code, "title": plan.title, "start": plan.start, "end": plan.end}


def of_running(conference: Conference, lines: Lines) -> dict[str, Json]:
    """``stage`` is a :class:`mixer.rules.conference.Stage`, ``hears`` a :class:`mixer.rules.conference.Sound` or null.

    Who is ``on_hold`` would hear that; ``muted`` is a leg that plays hold music, ``silenced`` one that an act has made
    unheard; ``guest`` is what commands call somebody who is not on the list, or null.
    """
    heard = hearing(conference)
    names = {person.number: person.name for person in conference.plan.people}
    return {
        **of_planned(conference.plan),
        "end": conference.end,
        "locked": conference.orders.locked,
        "owner_in": conference.owner_in,
        "legs": [
            {
                "leg": leg.name,
                "person": leg.person,
                "name": None if leg.person is None else names.get(leg.person),
                "guest": None if leg.person in names else guest(leg.name, leg.person or lines.caller(leg.name)),
                "owner": leg.owner,
                "stage": leg.stage.value,
                "hears": heard[leg.name].value if leg.name in heard else None,
                "on_hold": lines.on_hold(leg.name),
                "muted": leg.muted,
                "silenced": leg.silenced or leg.quiet,
                "encrypted": lines.encrypted(leg.name),
                "since": leg.since,
            }
            for leg in conference.legs.values()
        ],
        "called_later": [
            {"person": number, "name": names.get(number), "at": pursuit.at}
            for number, pursuit in conference.pursuits.items()
            if pursuit.at is not None
        ],
    }
