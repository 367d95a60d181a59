"""What the pictures of pages about duty show: a schedule with all there is, swaps, shifts and previews."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import Page, expect

Make = Callable[[str, dict[str, Any]], Any]

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def fill(make: Make, people: Sequence[str], owner: str) -> dict[str, str]:
    """Make schedules and swaps; give the pages to look at by name."""
    rich = make("schedules", _rich(people))["id"]
    make("schedules", _own(owner, people))
    standing = (
        {"user_id": people[3], "starts_at": _in(24), "ends_at": _in(50)},
        {"user_id": people[0], "starts_at": _in(60), "ends_at": _in(80), "instead_of_user_id": people[3]},
    )
    for override in standing:
        make(f"schedules/{rich}/overrides", override)
    wish = {"schedule_id": rich, "starts_at": _in(200), "ends_at": _in(260), "beneficiary_id": people[1]}
    make("shift-swaps", wish | {"description": "A wedding. Can anybody take over?"})
    here = f"/schedules/{rich}"
    return {
        "schedule-week": here,
        "schedule-day": f"{here}?days=1&zone=mine",
        "schedule-clock": f"{here}?days=14&at=2027-03-21",
        "schedule-month": f"{here}?days=28",
        "schedule-year": f"{here}?days=365",
        "schedule-new": "/schedules/new",
        "schedule-edit": f"{here}/edit",
        "schedule-preview": f"{here}/edit",
        "schedule-faults": f"{here}/edit",
        "override-preview": here,
        "my-shifts": "/my-shifts",
        "swaps": "/swaps",
        "calendars": "/calendars",
    }


def preview(page: Page) -> None:
    """Let everybody have two days, and look at what that changes."""
    page.get_by_label("Each turn lasts").first.fill("2")
    page.get_by_role("button", name="See what changes").last.click()
    expect(page.locator("#preview svg")).to_be_visible()


def faults(page: Page) -> None:
    """Type what cannot be, and try to save it."""
    page.get_by_label("Name", exact=True).fill("")
    page.get_by_label("Each turn lasts").first.fill("0")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Nothing was saved")).to_be_visible()


def cover(page: Page) -> None:
    """Begin an override of the second shift, and look at what it changes."""
    page.get_by_role("link", name="cover").nth(1).click()
    page.get_by_role("button", name="See what changes").click()
    expect(page.locator("#preview")).to_be_visible()


DONE_FIRST: dict[str, Callable[[Page], None]] = {
    "schedule-preview": preview,
    "schedule-faults": faults,
    "override-preview": cover,
}


def _rich(people: Sequence[str]) -> dict[str, Any]:
    nights = [_hours(day, "22:00:00", WEEK[(WEEK.index(day) + 1) % 7], "06:00:00") for day in WEEK[5:]]
    office = [_hours(day, "09:00:00", day, "17:00:00") for day in WEEK[:5]]
    layers = [
        _layer("Around the clock", 7, people[:3]),
        _layer("Office hours", 1, [people[3], people[1]], office),
        _layer("Weekend nights", 1, [people[2], people[0]], nights),
    ]
    return {"name": "Payments", "time_zone": "Europe/Berlin", "layers": layers}


def _own(owner: str, people: Sequence[str]) -> dict[str, Any]:
    layer = _layer("Everybody", 1, [owner, people[0], people[1]])
    return {"name": "Front of house", "time_zone": "America/New_York", "layers": [layer]}


def _layer(name: str, days: int, members: Sequence[str], hours: Sequence[Any] = ()) -> dict[str, Any]:
    return {
        "name": name,
        "effective_date": "2026-01-01T00:00:00Z",
        "rotation_start": "2026-01-05T08:00:00Z",
        "interval": {"days": days},
        "members": [{"user_id": each} for each in members],
        "restrictions": list(hours),
    }


def _hours(start_day: str, start: str, end_day: str, end: str) -> dict[str, str]:
    return {"start_day": start_day, "start_time": start, "end_day": end_day, "end_time": end}


def _in(hours: int) -> str:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    return (hour + timedelta(hours=hours)).isoformat().replace("+00:00", "Z")
