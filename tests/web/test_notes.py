"""Notes on alerts: Markdown that people write, and nothing that could do harm."""

import pytest

from tocsin.web.prose import prose
from web_office import text_of


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("**bold** and `code`", "<p><strong>bold</strong> and <code>code</code></p>"),
        ("- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("![pixel](https://example.org/p.png)", "<p></p>"),
        (
            "[runbook](https://example.org/r)",
            '<p><a href="https://example.org/r" rel="noopener noreferrer nofollow">runbook</a></p>',
        ),
        ("**مرحبا** 🔥", "<p><strong>مرحبا</strong> 🔥</p>"),
    ],
)
def test_markdown_becomes_a_few_harmless_elements(written, shown):
    assert prose(written).strip() == shown


def test_a_note_is_kept_and_shown_with_whose_it_is(browser):
    alert = browser.api.alert(title="Disk full")["id"]
    browser.sign_in()

    answer = browser.request("POST", f"/alerts/{alert}/notes", {"text": "It was the *log*.\r\n\r\nRotated."})

    assert (answer.status_code, answer.headers["location"]) == (303, f"/alerts/{alert}#notes")
    page = browser.look(f"/alerts/{alert}")
    assert "It was the <em>log</em>." in page
    (note,) = browser.api.get(f"/alerts/{alert}/notes")["notes"]
    assert (note["text"], note["author_name"]) == ("It was the *log*.\n\nRotated.", "Rea")


def test_an_empty_note_is_refused_and_says_so(browser):
    alert = browser.api.alert()["id"]
    browser.sign_in()

    answer = browser.request("POST", f"/alerts/{alert}/notes", {"text": "  "})

    assert answer.status_code == 400
    assert "text" in text_of(answer.text)


def test_somebody_who_may_only_look_sees_no_forms_and_is_refused(browser):
    alert = browser.api.alert()["id"]
    browser.sign_in("viewer")

    assert "<textarea" not in browser.look(f"/alerts/{alert}")
    assert browser.request("POST", f"/alerts/{alert}/notes", {"text": "x"}).status_code == 403


def test_the_page_of_an_alert_says_why_me_and_what_became_of_each_message(browser):
    alert = browser.api.alert(title="Disk full", labels={"host": "db-1"})["id"]
    browser.turn()
    browser.sign_in()

    page = text_of(browser.look(f"/alerts/{alert}"))

    assert "Why me?" in page
    assert "Everything asks you: you are named" in page
    assert "rea@example.org" in page
    assert "waits to be sent" in page
    assert '"host": "db-1"' in page


def test_a_link_from_outside_that_is_no_web_link_is_no_link(browser):
    alert = browser.api.alert(links=["https://example.org/run"])["id"]
    browser.sign_in()

    assert 'href="https://example.org/run"' in browser.look(f"/alerts/{alert}")


def test_an_alert_is_kept_as_one_file_that_needs_nothing_beside_it(browser):
    alert = browser.api.alert(title="<b>Disk</b> full")["id"]
    browser.sign_in()

    answer = browser.request("GET", f"/alerts/{alert}/export")

    assert answer.headers["content-disposition"] == f'attachment; filename="{alert}.html"'
    assert "&lt;b&gt;Disk&lt;/b&gt; full" in answer.text
    assert "<link" not in answer.text
    assert "<script" not in answer.text
    assert " src=" not in answer.text
    assert "What happened, and why" in answer.text
    assert "opened Fri 06 Mar 2026, 09:00:00 UTC" in text_of(answer.text)
    assert "just now" not in answer.text
