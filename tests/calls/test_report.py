"""What really happened on the phones is what the report says, and what the owner is mailed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.calls.voices import ANNA, BORIS, CAROL, hear_more, speaking
from tests.confctl.mail.post_office import open_post_office
from tests.phones.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.confctl.mail.post_office import PostOffice

from tests.calls.company import Company


def told_by_mail(company: Company, post: PostOffice) -> None:
    people, settings = company.folder / "people.toml", company.folder / "confctl.toml"
    people.write_text(
        people.read_text().replace(f'numbers = ["{ANNA}"]', f'numbers = ["{ANNA}"]\nemail = "a@b.example"')
    )
    mail = f'[mail]\nserver = "127.0.0.1:{post.port}"\nsender = "conf@b.example"\n'
    settings.write_text(f"{settings.read_text()}\n{mail}\n[report]\nmail = true\n")


def test_what_the_phones_did_is_reported_and_mailed_to_the_owner_after_the_end(tmp_path: Path) -> None:
    company = Company(tmp_path)
    with open_post_office() as post:
        told_by_mail(company, post)
        with (
            company.mixer,
            speaking(company, ANNA) as anna,
            company.baresip(BORIS, codec="G722") as boris,
            company.pyvoip(CAROL, decline=True),
        ):
            code = company.mixer.plan_now("Reported", ANNA, [BORIS, CAROL]).code
            joined = {number: company.mixer.wait_for(code, "joined", number).at for number in (ANNA, BORIS)}
            hear_more(boris, 3)
            boris.hold()
            company.mixer.wait_for(code, "held", BORIS)
            boris.resume()
            company.mixer.wait_for(code, "taken_up", BORIS)
            anna.hang_up()
            left = company.mixer.wait_for(code, "left", ANNA).at
            boris.hang_up()
            company.mixer.wait_for(code, "ended")
            until(lambda: any(mail.subject.startswith("Report") for mail in post.taken), 20, "the report is mailed")
            (mail,) = (mail for mail in post.taken if mail.subject.startswith("Report"))
        found = json.loads(company.mixer.confctl("report", code, "--json"))
    owner, other, third = found["attendees"]
    together = left - max(joined.values())
    assert together - 2.5 <= owner["talked"] <= left - joined[ANNA] + 0.5
    assert (other["talked"], third["calls"][0]["reason"], third["seconds"]) == (0, "486 Busy Here", 0)
    assert owner["quality"]["codecs"] == ["PCMU"] and other["quality"]["codecs"] == ["G722"]
    assert owner["quality"]["mos"] > 4 and owner["quality"]["received"] > 100  # counted every five seconds
    assert other["on_hold"] >= 1
    assert [stay["until"] for stay in owner["stays"]] == ["left"]
    page = company.mixer.confctl("report", code, "--html", "-")
    (attached,) = (each for each in mail.message.iter_attachments() if str(each.get_filename()).endswith(".html"))
    assert mail.to == "a@b.example" and attached.get_content() == page
