"""``python demo``: the main job as a show.

It starts Tocsin on fresh data with a mail catcher and telephones of its own, sets up a small made-up team,
sends an alert storm as Prometheus Alertmanager does, tells what becomes of it, and stays up to be tried.
Ctrl-C ends all that it has started.
"""

import argparse
import shutil
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import click

import storm
import town
from peers import MailCatcher, Telephones
from server import Tocsin
from story import Story, Teller

LOOK_EVERY_S = 0.3
BETWEEN_MESSAGES_S = 1.0


def main() -> None:
    """Give the show."""
    options = _options()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    teller = Teller()
    with ExitStack() as started:
        started.callback(teller.say, "\nThe demo is over, and what it started has ended.")
        folder = Path(tempfile.mkdtemp(prefix="tocsin-demo-"))
        started.callback(shutil.rmtree, folder, ignore_errors=True)
        try:
            _show(folder, started, teller, seconds=options.seconds)
        except KeyboardInterrupt:
            pass
        except click.ClickException as error:
            sys.exit(f"The demo cannot go on: {error.format_message()}")


def _show(folder: Path, started: ExitStack, teller: Teller, *, seconds: float | None) -> None:
    mails = started.enter_context(MailCatcher(teller.mail))
    telephones = started.enter_context(Telephones(teller.telephone))
    tocsin = Tocsin(folder, smtp_url=mails.smtp_url)
    teller.say("Starting Tocsin on SQLite, with a mail catcher and telephones of its own ...", "bold")
    tocsin.init("--email", "olivia@harbour.example", "--name", "Olivia Orsini", "--workspace", "Harbour")
    started.callback(tocsin.stop)
    tocsin.start()
    made = town.build(tocsin.api(), telephones.url)
    _introduce(made, teller)
    until = None if seconds is None else time.monotonic() + seconds
    story = Story(made, teller)
    teller.say(f"\nA storm begins: {storm.size()} alerts, as Prometheus Alertmanager tells them.", "bold")
    for message in storm.messages():
        storm.send(made.alertmanager_url, message)
        _follow(story, tocsin, time.monotonic() + BETWEEN_MESSAGES_S)
    _say_where_to_look(tocsin, mails, teller, page=story.first_page)
    _follow(story, tocsin, until)


def _follow(story: Story, tocsin: Tocsin, until: float | None) -> None:
    """Tell what happens, until *until* (of ``time.monotonic``) or for as long as the server is there."""
    while until is None or time.monotonic() < until:
        if not tocsin.runs:
            sys.exit(f"Tocsin has ended:\n{tocsin.log.read_text()}")
        story.follow()
        time.sleep(LOOK_EVERY_S)


def _introduce(made: town.Town, teller: Teller) -> None:
    teller.say("\nHarbour is a shop with a service and five people. On call:", "bold")
    for schedule, now, then in made.on_call():
        teller.say(f"  {schedule:18} {now:12} then {then}")
    teller.say("  Dan stands in: an override goes before every layer.", "dim")
    teller.say(
        "\nTrouble with the database asks whoever is on call, "
        f"{town.SECOND_STEP_AFTER_S} s later the web's on-call and the operations room,\n"
        f"and {town.THIRD_STEP_AFTER_S} s after that the lead. "
        f"Each gets a mail, and {town.NEXT_RULE_AFTER_S} s later a message on the telephone."
    )


def _say_where_to_look(tocsin: Tocsin, mails: MailCatcher, teller: Teller, *, page: str) -> None:
    owner = tocsin.beginning["owner"]
    command = Path(sys.executable).parent / "tocsin"
    lines = (
        ("the pages", f"{tocsin.url} in a browser"),
        ("the API", f"{tocsin.url}/api/tocsin/v1/openapi.json"),
        ("the mails", f"{mails.url} (open one, and press its button)"),
        ("log in as", f"{owner['email']} with {owner['password']}"),
    )
    teller.say("\nIt stays up. Where to look:", "bold")
    for name, text in lines:
        teller.say(f"  {name:10} {text}")
    teller.say("To acknowledge page 1 from another terminal:", "bold")
    teller.say(f"  export TOCSIN_URL={tocsin.url} TOCSIN_TOKEN={tocsin.token}", "green")
    teller.say(f"  {command} ack {page}", "green")
    teller.say(
        "`alerts`, `who`, `explain --alert last` and `resolve last` work as well. Ctrl-C ends it all.\n"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python demo", description="Tocsin's main job as a show.")
    parser.add_argument(
        "--seconds", type=float, help="End so long after the storm has begun; never if not given."
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
