"""`ab` and `plan-ab` on the command line: what they print, and their exit codes."""

import json

import pyarrow.parquet as pq
import pytest

from tests.cli.commands import fails, run
from tests.experiments.logs import rows_of, users_of


@pytest.fixture
def log(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pq.write_table(rows_of(users_of({"fm": 300, "mmoe": 300})), "log.parquet")
    pq.write_table(rows_of(users_of({"fm": 900, "mmoe": 100})), "uneven.parquet")
    return "log.parquet"


def test_a_table_and_json(capsys, log):
    code, out, err = run(capsys, "ab", log, "--arm", "arm", "--user", "user_id")
    assert (code, err) == (0, "")
    assert [line.split("  ")[0] for line in out.splitlines()[2:7]] == [
        *("metric", "distribution per user", "CTR", "CVR", "CTCVR"),
    ]
    code, out, _ = run(capsys, "ab", log, "--json", "--metric", "ctr", "--covariate", "before", "--alpha", "0.1")
    (one,) = json.loads(out)["comparisons"]
    assert (code, one["metric"], one["arm"]) == (0, "CTR", "mmoe")
    assert one["interval"][0] < one["difference"] < one["interval"][1]


def test_an_alarm_is_exit_code_3_behind_the_table(capsys, log):
    code, out, err = run(capsys, "ab", "uneven.parquet")
    assert code == 3
    assert "ALARM: sample-ratio mismatch: mmoe has 100 users where 500 were expected beside 900 of fm" in out
    assert err == "uneven.parquet: an alarm: do not trust the differences as they are\n"
    assert run(capsys, "ab", "uneven.parquet", "--shares", "fm=9,mmoe=1")[0] == 0


def test_mistakes(capsys, log):
    assert 'there is no column "usr"' in fails(capsys, "ab", log, "--user", "usr")
    assert fails(capsys, "ab", log, "--shares", "fm") == "--shares: expected ARM=SHARE, several with commas, got fm\n"
    assert (
        fails(capsys, "ab", log, "--shares", "fm=0,mmoe=1") == "--shares: expected a number above 0 for fm, got 0.0\n"
    )
    assert fails(capsys, "ab", log, "--alpha", "5").startswith("--alpha: expected a share above 0 and below 1, got 5.0")


def test_plan(capsys):
    code, out, _ = run(capsys, "plan-ab", "--baseline", "0.0155", "--lift", "0.05", "--dispersion", "2.5")
    assert code == 0
    assert out.splitlines() == [
        "1,038,076 users an arm, 2,076,152 in 2 arms",
        "show a lift of 5.00 %: 0.0155 -> 0.01628",
        "with a power of 0.8, alpha 0.05 two-sided, variance 2.5 times the mean",
    ]
    code, out, _ = run(
        capsys, "plan-ab", "--baseline", "0.0155", "--users", "1000000", "--dispersion", "2.5", "--arms", "3", "--json"
    )
    made = json.loads(out)
    assert made["lift"] > 0.05
    assert made["arms"] == 3


def test_simulated_arms_that_are_alike(capsys, tmp_path):
    output = str(tmp_path / "ab")
    code, out, err = run(capsys, "simulate", "ab", "a=random", "b=random", "-o", output, "--users", "400")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith(f"{output}/log.parquet: a 2")
    assert lines[2].startswith("metric                 control (a)  treatment (b)  difference")
    assert lines[-1].startswith("By the true probabilities of what was shown, b has ")
    err = fails(capsys, "simulate", "ab", "random", "-o", output)
    assert err == "exports: expected two or more, or one and the word random, got random\n"


def test_without_tea_tasting(capsys, log, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tea_tasting", None)
    err = fails(capsys, "plan-ab", "--baseline", "0.0155", "--lift", "0.05", "--dispersion", "2.5")
    assert err == "tea-tasting, which compares arms, is not installed here; pip install 'apps_rec[ab]'\n"
    assert "pip install 'apps_rec[ab]'" in fails(capsys, "ab", log)


@pytest.mark.parametrize("lift", ["5%", "5 %", "0.05", "5e-2"])
def test_a_lift_is_a_share_or_in_percent(capsys, lift):
    code, out, _ = run(capsys, "plan-ab", "--baseline", "0.0155", "--lift", lift, "--dispersion", "2.5")
    assert code == 0
    assert "show a lift of 5.00 %: 0.0155 -> 0.01628" in out


@pytest.mark.parametrize(
    ("lift", "said"),
    [
        ("5", "5 would be 500 %; write 5% or 0.05 for 5 %"),
        ("five", "expected a share as 0.05, or 5%, got 'five'"),
        ("5%%", "expected a share as 0.05, or 5%, got '5%%'"),
        ("nan", "expected a share as 0.05, or 5%, got 'nan'"),
    ],
)
def test_a_lift_that_is_none_or_hardly_meant(capsys, lift, said):
    with pytest.raises(SystemExit):
        run(capsys, "plan-ab", "--baseline", "0.0155", "--lift", lift, "--dispersion", "2.5")
    assert said in capsys.readouterr().err
