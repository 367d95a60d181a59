"""How much is asked of the database: not more for many than for few."""

from counting import Counting
from guance_office import REA_, Office, opt, target
from tocsin.store.database import Database

READS = (
    "/alert_policy/list?pageSize=100",
    "/notice/date/list?pageSize=100",
    "/notify_object/list?pageSize=100",
    "/workspace/members/list?pageSize=100",
    "/workspace/member_group/list",
    "/workspace/accesskey/list",
    "/checker/list?pageSize=100",
    "/monitor/mute/list?pageSize=100",
)
SPAN = {"timeRange": [1_772_780_400_000, 1_772_791_200_000], "limit": 100}


def grow(office: Office, number: int) -> None:
    """Make some of everything."""
    for each in range(number):
        dates = office.post("/notice/date/add", {"name": f"d{each}", "noticeDates": ["2026/12/25"]})["uuid"]
        hook = {"type": "HTTPRequest", "name": "P", "optSet": {"url": "https://example.org/x"}}
        place = office.post("/notify_object/create", hook)["uuid"]
        times = {"customDateUUIDs": [dates], "customStartTime": "09:00", "customDuration": 60}
        office.add(
            checkerUUIDs=["rul_1"],
            openPermissionSet=True,
            alertOpt=opt({"targets": [target(place, REA_)], **times}),
        )
        office.post("/workspace/member_group/add", {"name": f"g{number}-{each}", "accountUUIDs": [REA_]})
        office.post("/workspace/accesskey/add", {"name": "k"})
        office.post("/checker/add", {"jsonScript": {"title": "Pods"}})
        office.post("/monitor/mute/create", {"type": "custom", "tags": {"a": ["b"]}, "timezone": "UTC"})
        office.post("/events/create", {"status": "error", "title": f"Down {number} {each}"})


def test_the_number_of_queries_does_not_depend_on_how_many_there_are(database: Database):
    counting = Counting(database)
    office = Office(counting)

    def counts() -> dict[str, int]:
        office.get("/workspace/accesskey/list")
        found = {path: counting.count(lambda path=path: office.get_any(path)) for path in READS}
        body = counting.count(lambda: office.post("/events/abnormal/list", SPAN))
        return found | {"abnormal": body}

    grow(office, 1)
    few = counts()
    grow(office, 6)

    assert counts() == few
