"""Everything that is measured, one after the other: python bench [name ...] [--json FILE] [--markdown FILE]

Names are those of the programs beside this one. --against alertmanager, or alerta, measures Tocsin beside
that instead of beside the floors. Ends with 1 when a goal was missed. Profiles of the hot paths are left in
var/profiles.
"""

import json
import sys
from importlib import import_module
from pathlib import Path
from time import gmtime, strftime
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

PROGRAMS = (
    "schedules",
    "pictures",
    "router",
    "parse_events",
    "timers",
    "ingest",
    "ingest_postgresql",
    "oncall_ingest",
    "latency",
    "delivery",
    "nodes",
    "scaling",
    "on_call",
    "digests",
    "rules",
    "final_shifts",
    "policies",
    "similarity",
    "footprint",
    "size",
    "rest",
    "web_pages",
    "failover",
    "profiles",
)


def main() -> int:
    arguments = sys.argv[1:]
    if {"-h", "--help"} & set(arguments):
        print(f"{__doc__}\nPrograms: {', '.join(PROGRAMS)}")
        return 0
    if strange := [each for each in arguments[:1] if not each.startswith("-") and each not in PROGRAMS]:
        print(f"there is no program {strange[0]!r}; there are {', '.join(PROGRAMS)}", file=sys.stderr)
        return 2
    outputs = {}
    for option in ("--json", "--markdown"):
        if option in arguments:
            place = arguments.index(option)
            outputs[option] = Path(arguments[place + 1])
            del arguments[place : place + 2]
    rivals = "--against" in arguments and arguments[arguments.index("--against") + 1] != "floor"
    wanted = ["rivals"] if rivals else [name for name in arguments if name in PROGRAMS] or PROGRAMS
    found: list[dict[str, Any]] = []
    for name in wanted:
        found += [{"program": name, **each} for each in import_module(name).main() or []]
    if "--json" in outputs:
        outputs["--json"].write_text(
            json.dumps({"at": strftime("%Y-%m-%dT%H:%M:%SZ", gmtime()), "found": found}, indent=2)
        )
    if "--markdown" in outputs:
        outputs["--markdown"].write_text(markdown(found))
    goals = [each for each in found if "goal" in each]
    missed = [each["name"] for each in goals if not each["good"]]
    print(
        f"\n{len(goals) - len(missed)} goals met, {len(missed)} missed"
        + (f": {'; '.join(missed)}" if missed else "")
    )
    return 1 if missed else 0


def markdown(found: list[dict[str, Any]]) -> str:
    rows = ["| measured | value | goal | |", "| --- | --- | --- | --- |"]
    for each in found:
        if "goal" not in each:
            continue
        sign = "≥" if each["at_least"] else "≤"
        word = "met" if each["good"] else "missed"
        value, goal = f"{each['value']:.3g}{each['unit']}", f"{sign} {each['goal']:g}{each['unit']}"
        rows.append(f"| {each['name']} | {value} | {goal} | {word} |")
    for each in found:
        if "profile" in each:
            rows += [
                "",
                f"Profile: {each['name']}",
                "",
                "| own | with callees | function |",
                "| --- | --- | --- |",
            ]
            rows += [
                f"| {one['own']:.1%} | {one['whole']:.1%} | {one['function']} |" for one in each["profile"]
            ]
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.exit(main())
