"""The table as people read it."""

from apps_rec.experiments.report import Arm, Comparison, ExperimentReport, Settings
from apps_rec.experiments.show import shown_experiment

ROW = Comparison(
    "distribution per user", "mmoe", 0.0144, 0.0163, 0.1314, (0.072, 0.1908), 1e-5, 2e-5, True, 0.084, 2.5, 0.81
)
NONE = Comparison("CVR", "mmoe", None, None, why_none='the sum of "click" is 0 in the control')


def test_two_arms():
    arms = (Arm("fm", 470_000, 3_850_000), Arm("mmoe", 470_123, 3_851_000))
    report = ExperimentReport("log", "fm", Settings(), arms, (ROW, NONE), ("users were lost",), ("4 rows left out",))
    assert shown_experiment(report).splitlines() == [
        "log: fm 470,000 users, 3,850,000 rows; mmoe 470,123 users, 3,851,000 rows",
        "",
        "metric                 control (fm)  treatment (mmoe)  difference  95 % interval        significant    "
        "  users              least effect",
        "distribution per user  0.0144        0.0163            +13.14 %    [+7.20 %, +19.08 %]  yes, p < 0.0001"
        "  470,000 + 470,123  8.40 %",
        "CVR                    -             -                 -           -                    -              "
        "  470,000 + 470,123  -",
        "",
        "Intervals and tests: alpha 0.05, two-sided, by the delta method over users. "
        "The least effect is found with a power of 80 %.",
        'CVR: nothing to compare: the sum of "click" is 0 in the control',
        "distribution per user: the covariate leaves 81 % of variance",
        "note: 4 rows left out",
        "ALARM: users were lost",
    ]


def test_several_arms_have_a_column_and_the_name_of_the_correction():
    arms = (Arm("fm", 10, 100), Arm("esmm", 11, 100), Arm("mmoe", 12, 100))
    report = ExperimentReport("log", "fm", Settings(alpha=0.01), arms, (ROW,), (), ())
    text = shown_experiment(report)
    head, row = text.splitlines()[2:4]
    assert head.split()[:6] == ["metric", "arm", "control", "(fm)", "treatment", "difference"]
    assert "99 % interval" in head
    assert row.split()[3] == "mmoe"
    assert "10 + 12" in row
    assert "p is adjusted by Holm's method over the 2 treatments of a metric; each interval stands alone." in text
