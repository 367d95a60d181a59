import socket
import threading

import pytest

ALERTS = {"alerts": [], "next": None, "total": 0}


def test_the_key_goes_along_and_is_never_printed(tocsin, peer):
    peer.answers("GET", "/alerts", ALERTS)

    result = tocsin("alerts")

    assert result.exit_code == 0
    assert peer.asked[0].headers["authorization"] == "Bearer tk_0123456789"
    assert "tk_0123456789" not in result.output


def test_without_a_key_nothing_is_sent(tocsin, peer):
    result = tocsin("alerts", TOCSIN_TOKEN=None)

    assert result.exit_code == 2
    assert "TOCSIN_TOKEN is not set" in result.output
    assert peer.asked == []


@pytest.mark.parametrize("token", ["two words", "tk_1\n", "clé"])
def test_a_key_that_no_header_can_hold_is_wrong_use(tocsin, token):
    result = tocsin("alerts", TOCSIN_TOKEN=token)

    assert result.exit_code == 2
    assert "TOCSIN_TOKEN holds more than a key" in result.output


@pytest.mark.parametrize("url", ["ftp://example.org", "http://", "file:///etc/passwd"])
def test_an_address_that_is_no_server_is_wrong_use(tocsin, url):
    result = tocsin("alerts", TOCSIN_URL=url)

    assert result.exit_code == 2
    assert "is no address of a server" in result.output


def test_an_address_may_leave_out_http(tocsin, peer):
    peer.answers("GET", "/alerts", ALERTS)

    result = tocsin("alerts", "--url", peer.url.removeprefix("http://") + "/")

    assert result.exit_code == 0


def test_a_server_that_does_not_run_ends_with_three(tocsin):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    result = tocsin("alerts", TOCSIN_URL=f"http://127.0.0.1:{port}")

    assert result.exit_code == 3
    assert "is it running there? TOCSIN_URL says where to look" in result.output


def test_a_server_that_says_nothing_in_time_ends_with_three(tocsin):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]

        result = tocsin("alerts", "--timeout", "0.1", TOCSIN_URL=f"http://127.0.0.1:{port}")

    assert result.exit_code == 3
    assert "timed out" in result.output


@pytest.mark.parametrize(
    "said", [b"220 mail ready\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}", b""]
)
def test_what_speaks_no_http_or_hangs_up_ends_with_three(tocsin, said):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        answering = threading.Thread(target=answer_once, args=(other, said))
        answering.start()

        result = tocsin("alerts", TOCSIN_URL=f"http://127.0.0.1:{other.getsockname()[1]}")
        answering.join()

    assert result.exit_code == 3
    assert "TOCSIN_URL says where to look" in result.output


def answer_once(listening, said):
    connection, _ = listening.accept()
    with connection:
        connection.recv(65_536)
        connection.sendall(said)


def test_another_kind_of_server_is_told_from_tocsin(tocsin, peer):
    peer.answers("GET", "/alerts", b"<html>hello</html>")

    result = tocsin("alerts")

    assert result.exit_code == 3
    assert "not as Tocsin does; check TOCSIN_URL" in result.output


def test_a_redirect_is_told_and_the_key_does_not_follow_it(tocsin, peer):
    peer.answers("GET", "/alerts", status=301, Location=f"{peer.url}/elsewhere")

    result = tocsin("alerts")

    assert result.exit_code == 3
    assert "set TOCSIN_URL to where it really is" in result.output
    assert len(peer.asked) == 1


def test_a_refusal_names_each_field_and_its_remedy_once(tocsin, peer):
    problem = {
        "title": "Bad Request",
        "detail": "events[0].severity is 'bad'; it must be one of critical, error",
        "errors": [
            {"path": "events[0].severity", "problem": "is 'bad'", "remedy": "must be one of critical, error"},
            {"path": "events[0].links[0]", "problem": "is 5", "remedy": "must be text"},
        ],
    }
    peer.answers("POST", "/events", problem, status=400)

    result = tocsin("send", "x", "-s", "bad")

    assert result.exit_code == 1
    assert result.output == (
        "Error: events[0].severity is 'bad'; it must be one of critical, error\n"
        "  events[0].links[0] is 5; it must be text (400)\n"
    )


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, {"detail": "the credential is missing, wrong or revoked"}, "TOCSIN_TOKEN must hold a key"),
        (500, {"detail": "something went wrong", "trace": "t-77"}, "the server's log has it under t-77"),
        (502, b"<html>Bad Gateway</html>", "the server answers 502 Bad Gateway (502)"),
        (400, [1], "the server answers 400 Bad Request (400)"),
        (400, {"detail": "a\x1b[2Jb"}, "a [2Jb (400)"),
    ],
)
def test_other_refusals_end_with_one_and_say_what_to_do(tocsin, peer, status, body, words):
    peer.answers("GET", "/alerts", body, status=status)

    result = tocsin("alerts")

    assert result.exit_code == 1
    assert words in result.output


@pytest.mark.parametrize("status", [429, 503])
def test_an_overloaded_server_is_asked_again_when_it_says(tocsin, peer, status):
    peer.answers("GET", "/alerts", {"detail": "busy"}, status=status, Retry_After="0")
    peer.answers("GET", "/alerts", {"detail": "busy"}, status=status, Retry_After="0")
    peer.answers("GET", "/alerts", ALERTS)

    result = tocsin("alerts")

    assert (result.exit_code, len(peer.asked)) == (0, 3)


@pytest.mark.parametrize(("retry_after", "tries"), [("0", 4), ("3600", 1), ("soon", 1)])
def test_asking_again_has_an_end(tocsin, peer, retry_after, tries):
    peer.answers("GET", "/alerts", {"detail": "busy"}, status=503, Retry_After=retry_after)

    result = tocsin("alerts")

    assert (result.exit_code, len(peer.asked)) == (1, tries)
    assert "busy (503)" in result.output
