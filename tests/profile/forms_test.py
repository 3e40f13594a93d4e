"""The form of text, one case a row."""

import pytest

from apps_rec.profile import forms
from apps_rec.profile.forms import form_of


def cells(*texts):
    return [(text, 1) for text in texts]


@pytest.mark.parametrize(
    ("texts", "what"),
    [
        (("2026-11-01", "2026-11-30 10:00:00"), forms.DATED),
        (("1.11.2026", "30.11.2026"), forms.DATED),
        (("31 Jan 2026", "1-Feb-2026 10:00"), forms.DATED),
        (("Jan 31, 2026", "may 1 2026"), forms.DATED),
        (("2026年1月31日", "2026年12月1日 10时"), forms.DATED),
        (("007", "12"), forms.DIGITS),
        (("-1.5", "2e3", "7"), forms.DECIMALS),
        (("wifi", "4g"), forms.WORD),
        # Bounds of a range, and trades, are no lists though they hold separators.
        (("(250,500]", "[100,1k)", "500+"), forms.WORD),
        (("Exec managerial", "Adm clerical"), forms.WORD),
        (("Sales, retail", "Sales, other"), forms.WORD),
        (("39,68", "2", "39,2,7"), forms.SPLIT),
        # Numbers with marks between thousands; no id of a list begins with 0, and lists of three digits stay lists.
        (("1.044,00", "7,5"), forms.GROUPED),
        (("12,345.60", "7"), forms.GROUPED),
        (("1,044", "12,000,000", "7"), forms.GROUPED),
        (("1 044", "999"), forms.GROUPED),
        (("1\u202f044,5", "999"), forms.GROUPED),
        (("101,202", "303"), forms.SPLIT),
        (("a|b", "b|c", "c|a", "a|c", "b|a", "c|b"), forms.SPLIT),
        (("games:0.5|music:1", "games:2", "music:1|games:1"), forms.WEIGHTED),
        (("0.5;1.5", "2.25;3"), forms.VECTOR),
    ],
)
def test_form(texts, what):
    assert form_of(cells(*texts)).what == what


def test_lists_say_their_parts():
    form = form_of(cells("39,68", "2", "39,2,7"))
    assert (form.separator, form.parts, form.longest) == (",", {"39", "68", "2", "7"}, 3)


def test_days_are_in_order_only_if_the_year_comes_first_in_one_spelling():
    assert form_of(cells("2026-11-01", "2026-11-30T10:00")).is_iso
    assert form_of(cells("2026/11/01")).is_iso
    assert not form_of(cells("01.11.2026")).is_iso
    assert not form_of(cells("2026-1-5")).is_iso
    assert not form_of(cells("2026-11-01", "2026/11/02")).is_iso


def test_text_for_people():
    titles = [f"The {n}th long review of an app that somebody wrote for others to read" for n in range(1001)]
    assert form_of(cells(*titles)).what == forms.PROSE
    assert form_of(cells(*titles[:100])).what == forms.WORD
