"""The report's page: well-formed, of one piece, and harmless whatever people are called."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings

from confctl.report import attendance, page, style
from mixer.rules.model import Person, Plan
from mixer.rules.records import Kind, Record
from tests.confctl.report.held import Held, story
from tests.confctl.report.test_fold import RECORDS
from tests.mixer.rehearsal import PLAN, START

if TYPE_CHECKING:
    from confctl.words import Language

EMPTY = {"meta", "br", "link", "img", "input"}


class Reader(HTMLParser):
    """What a browser would find; raises what is not closed in its order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def written(plan: Plan = PLAN, language: Language = "en") -> str:
    return page.write(attendance.of(plan, story().play.journal), language, plan.zone)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_it_is_one_piece_without_scripts_that_fetches_nothing(language: Language) -> None:
    found = Reader(written(language=language))
    assert not {tag for tag, _ in found.tags} & {"script", "link", "img", "iframe", "object"}
    links = [value for _, attributes in found.tags for name, value in attributes.items() if name in ("href", "src")]
    assert set(links) == {"#ground"}
    assert "url(" not in style.CSS.replace("url(#hatch)", "") and "@import" not in style.CSS
    assert not any(name.startswith("on") for _, attributes in found.tags for name in attributes)


def test_names_and_titles_that_would_be_html_are_text() -> None:
    evil = "</title><script>alert(1)</script>\"'><svg onload=x>\x1b[2J\u202e"
    plan = replace(PLAN, title=evil, owner=Person(evil, ("101",)))
    found = Reader(written(plan))
    assert "script" not in {tag for tag, _ in found.tags}
    assert any("</title><script>alert(1)</script>" in text for text in found.said)
    assert "\x1b" not in written(plan) and "\u202e" not in written(plan)


def test_each_row_says_in_words_what_it_shows() -> None:
    found = Reader(written())
    strips = [attributes for tag, attributes in found.tags if tag == "svg" and attributes.get("class") == "strip"]
    assert len(strips) == 3 and all(strip["role"] == "img" for strip in strips)
    assert "Boris Chudnov, 103: in 15:32:00–15:34:30; spoke 0:00" in found.said


def test_a_name_that_is_written_from_the_right_does_not_carry_its_number_along() -> None:
    text = written(replace(PLAN, owner=Person("שרה כהן-לוי", ("101",))))
    assert '<bdi>שרה כהן-לוי</bdi>, 101 <span class="soft">(owner)' in text
    assert 'title="שרה כהן-לוי"><bdi>שרה כהן-לוי</bdi></div>' in text


def test_the_legend_has_what_is_on_the_picture_and_nothing_else() -> None:
    everything = written()
    for shape in ("hatch", "apart", "limit", "failed", "away", "talk4"):
        assert f'<path class="{shape}" d="M' in legend(everything), shape
    played = Held()
    owner = played.play.answer(PLAN.owner)
    played.wait(60)
    played.leave(owner)
    calm = legend(page.write(attendance.of(PLAN, played.play.journal), "en", PLAN.zone))
    assert re.findall('path class="([a-z0-9]+)"', calm) == ["in", "limit"]


def legend(text: str) -> str:
    (found,) = re.findall('<ul class="legend">.*?</ul>', text)
    return found


def test_labels_of_the_axis_stay_within_the_page() -> None:
    labels = re.findall(r'<span class="([a-z ]*)" style="left:([0-9.]+)%">', written(replace(PLAN, end=START + 350)))
    assert len(labels) > 2
    for classes, at in labels:
        assert ("edge" in classes) == (float(at) < 5) and ("last" in classes) == (float(at) > 95)


def test_that_the_mixer_died_is_told_once_and_not_of_everybody() -> None:
    text = written()
    assert text.count("died") == 1
    assert "<span>15:30:10–15:34:50?</span>" in text


def test_the_drawings_are_well_formed() -> None:
    for drawing in re.findall(r"<svg.*?</svg>", written(), re.DOTALL):
        ElementTree.fromstring(drawing)


def test_two_hundred_people_for_eight_hours_are_a_page_that_can_be_mailed() -> None:
    people = tuple(Person(f"Person {n}", (str(1000 + n),)) for n in range(200))
    plan = replace(PLAN, participants=people, end=START + 8 * 3600)
    records = [Record(Kind.ANSWERED, START + n, f"4711-{n}", str(1000 + n)) for n in range(200)]
    for minute in range(480):
        speakers = " ".join(f"4711-{(7 * minute + n) % 200}:3,50,100,0,7,90" for n in range(25))
        records.append(Record(Kind.SPOKE, START + 60 * minute, detail=f"{START + 60 * minute:.0f} {speakers}"))
    text = page.write(attendance.of(plan, records), "en", plan.zone)
    assert len(text) < 1_500_000


@settings(max_examples=100, deadline=None)
@given(RECORDS)
def test_no_journal_makes_a_page_fail(records: list[Record]) -> None:
    Reader(page.write(attendance.of(PLAN, records), "en", PLAN.zone))


# Contrast (WCAG 2.2 §1.4.3)


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    parts = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1, 2], ids=["light", "dark", "paper"])
def test_texts_can_be_read_on_what_is_behind_them(scheme: int) -> None:
    colours = dict(re.findall(r"--([a-z0-9]+): (#[0-9a-f]+)", style.CSS.split(":root")[scheme + 1]))
    for text in ("text", "soft"):
        assert contrast(colours[text], colours["page"]) >= 4.5 and contrast(colours[text], colours["card"]) >= 4.5
    for text in ("gap", "good", "fair", "poor", "bad"):
        assert contrast(colours[text], colours["page"]) >= 4.5, text
    assert contrast(colours["in"], colours["talk4"]) >= 3


def test_when_the_sound_was_bad_is_drawn_and_said_in_words() -> None:
    minute = PLAN.start // 60 * 60
    records = [
        Record(Kind.ANSWERED, minute, "a", "102"),
        Record(Kind.QUALITY, minute + 60, detail="a:PCMA,3000,0,0,5.0,4.40,4.40"),
        Record(Kind.QUALITY, minute + 120, detail="a:PCMA,5400,600,0,5.0,3.41,2.50"),
        Record(Kind.LEFT, minute + 120, "a", "102"),
    ]
    html = page.write(attendance.of(PLAN, records), "en", "Europe/Moscow")
    when = "bad 15:31–15:32"
    assert f"spoke 0:00; sound {when}</title>" in html
    assert f'data-label="Not good"><span>{when}</span>' in html
    drawn = re.findall(r'<path class="sound-(\w+)" d="M(\d+) (\d+)h', html.split("<figcaption>")[0])
    assert [(rating, int(top)) for rating, _, top in drawn] == [("good", 27), ("bad", 21)], "the worse the higher"
    assert int(drawn[0][1]) < int(drawn[1][1])
    legend = html.split("<figcaption>")[1].split("</figcaption>")[0]
    assert "sound: good" in legend and "sound: bad" in legend and "sound: fair" not in legend
