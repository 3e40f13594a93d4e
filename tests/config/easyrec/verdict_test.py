"""A refused field is noted where its value changes nothing."""

import pytest

from apps_rec.config.easyrec.verdict import NOTED, REFUSED, noted, reads_as, refused


@pytest.mark.parametrize(
    ("harmless", "written", "kind"),
    [
        (False, "false", NOTED),
        (False, "False", NOTED),
        (False, "f", NOTED),
        (False, "0", NOTED),
        (False, "true", REFUSED),
        (False, "no", REFUSED),
        (1, "1", NOTED),
        (1, "1.0", NOTED),
        (1, "2", REFUSED),
        (1, "one", REFUSED),
        (0.5, "5e-1", NOTED),
        ("Fixed", "Fixed", NOTED),
        ("Fixed", "fixed", REFUSED),
        ("", "", NOTED),
        # A message or a list.
        (False, None, REFUSED),
    ],
)
def test_values_that_change_nothing(harmless, written, kind):
    verdict = refused("it is off; write what is").unless(harmless, because="it is off").of(written)
    assert verdict.kind == kind
    assert verdict.reason == ("it is off" if kind == NOTED else "it is off; write what is")


def test_other_verdicts_hold_for_every_value():
    assert noted("it changes nothing").of("x") == noted("it changes nothing")
    assert reads_as("CSVInput", "it is one").of("x").reason == "read as CSVInput: it is one"
