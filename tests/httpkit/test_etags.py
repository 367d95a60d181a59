import pytest

from tocsin.core.errors import Invalid
from tocsin.httpkit.errors import PreconditionFailed
from tocsin.httpkit.etags import Conditions, etag_of_body


@pytest.mark.parametrize(
    ("header", "met"),
    [
        (None, True),
        ("*", True),
        ('"7"', True),
        ('"6", "7"', True),
        ('"6","8"', False),
        ('W/"7"', False),
        ('""', False),
    ],
)
def test_a_writer_who_read_another_version_is_stopped(header, met):
    conditions = Conditions.of({} if header is None else {"if-match": header})

    if met:
        conditions.check('"7"')
    else:
        with pytest.raises(PreconditionFailed):
            conditions.check('"7"')


@pytest.mark.parametrize(
    ("header", "known"),
    [(None, False), ("*", True), ('"7"', True), ('W/"7"', True), ('"6"', False), ('"6", W/"7"', True)],
)
def test_a_reader_who_has_the_version_need_not_be_given_it(header, known):
    conditions = Conditions.of({} if header is None else {"if-none-match": header})

    assert conditions.has('"7"') is known


TOO_MANY = ",".join(f'"{number}"' for number in range(60))


@pytest.mark.parametrize("header", ["7", '"7', '"a" "b"', 'w/"7"', '"\n"', TOO_MANY])
def test_a_malformed_condition_is_refused_rather_than_ignored(header):
    with pytest.raises(Invalid) as caught:
        Conditions.of({"if-match": header})

    assert caught.value.path == "if-match"


def test_equal_bodies_have_equal_tags_and_others_do_not():
    assert etag_of_body(b"a") == etag_of_body(b"a") != etag_of_body(b"b")
