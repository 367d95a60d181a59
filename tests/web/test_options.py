"""The options of a select: what is chosen is there, whatever is offered."""

import pytest

from tocsin.web.options import MANY, options

FEW = [("", [("a", "Ana"), ("b", "<b>Ben</b>")]), ("Teams & more", [("t", "Ops")])]
ANA_AND_BEN = '<option value="a">Ana</option><option value="b">&lt;b&gt;Ben&lt;/b&gt;</option>'
LONG = [("", [(str(number), f"Number {number}") for number in range(MANY + 1)])]


@pytest.mark.parametrize(
    ("groups", "chosen", "alone", "html"),
    [
        (
            FEW,
            "t",
            True,
            ANA_AND_BEN
            + '<optgroup label="Teams &amp; more"><option value="t" selected>Ops</option></optgroup>',
        ),
        (FEW[:1], '"x', False, None),
        (LONG, "7", True, '<option value="7" selected>Number 7</option>'),
        (LONG, "gone", True, '<option value="gone" selected>gone (not here any more)</option>'),
    ],
)
def test_what_is_chosen_is_among_the_options_and_nothing_is_markup(groups, chosen, alone, html):
    written = options(groups, chosen, alone=alone)

    assert html is None or written == html
    assert str(written).count(" selected") == 1
    assert "<b>" not in written


def test_a_select_to_add_from_offers_everything():
    assert str(options(LONG, "", alone=False)).count("<option") == MANY + 1
