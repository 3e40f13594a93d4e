"""Large configs and many mistakes: work in proportion, and a report that a person can read."""

import json
import sys
from collections import Counter
from contextlib import suppress

import pytest
from google.protobuf import json_format

from apps_rec.config import load_config, parse_text
from apps_rec.config.load import LARGEST_BYTES
from apps_rec.config.report import Report
from apps_rec.errors import ConfigError


def calls(work) -> int:
    """Lines of Python and calls into C that some work takes: the same on every machine."""
    counted = Counter()

    def count(frame, event, argument):
        counted[event] += 1
        return count

    def profile(frame, event, argument):
        counted[event] += 1

    before = sys.gettrace(), sys.getprofile()
    sys.settrace(count)
    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.settrace(before[0])
        sys.setprofile(before[1])
    return sum(counted.values())


def with_words(base, count):
    words = ", ".join(f'"w{i}"' for i in range(count))
    return base.replace('["a", "b"]', f"[{words}]")


def with_features(base, count, options):
    """Numbers, each a column and a feature of the body."""
    columns = "\n".join(f'input_fields {{ input_name: "f{i}" input_type: FLOAT }}' for i in range(count))
    features = "\n".join(
        f'features {{ input_names: "f{i}" feature_type: RawFeature embedding_dim: 8 {options} }}' for i in range(count)
    )
    listed = ", ".join(f'"f{i}"' for i in range(count))
    base = base.replace("data_config {", f"data_config {{ {columns}", 1)
    base = base.replace("feature_config {", f"feature_config {{ {features}", 1)
    return base.replace('["user", "app", "hour",', f'["user", "app", "hour", {listed},', 1)


MANY = {
    "words": lambda base, n: with_words(base, n),
    "one line": lambda base, n: with_words(base, n).replace("\n", " "),
    "bad escapes": lambda base, n: base.replace('["a", "b"]', "[" + ",".join(['"\\xzz"'] * n) + "]"),
    "unknown names": lambda base, n: base + "".join(f"foo_{i}: 1 " for i in range(n)),
    "unknown messages": lambda base, n: base + "train_confg { num_stepss: 1 }\n" * n,
    "given twice": lambda base, n: base + "train_config { num_steps: 1 }\n" * n,
    "no columns": lambda base, n: base.replace(
        "feature_config {",
        "feature_config {" + "".join(f'features {{ input_names: "x{i}" hash_bucket_size: 9 }}' for i in range(n)),
    ),
    "bad features": lambda base, n: with_features(base, n, "mean: 3 separator: ';' boundaries: [3, 2]"),
    "positions": lambda base, n: with_features(base, n, "position: true"),
    "groups of a body": lambda base, n: base.replace(
        "body { mmoe {", "body { mmoe {" + "".join(f'groups {{ input: "g{i}" }}' for i in range(n))
    ),
}


@pytest.mark.parametrize("kind", MANY)
def test_work_grows_with_the_config_and_no_faster(base, kind, monkeypatch):
    """Twice as many more take twice as many steps more; a search of all for each would take four times."""
    monkeypatch.setattr(Report, "most_lines", 10)
    monkeypatch.setattr(Report, "most_compared", 400)

    def work(count):
        text = MANY[kind](base, count)

        def run():
            with suppress(ConfigError):
                parse_text(text)

        return calls(run)

    work(10)  # What is made once in a process is made here.
    few, more, most = work(30), work(60), work(120)
    assert most - more < 2.3 * (more - few)


def test_minified_json(base):
    message = parse_text(with_words(base, 3000)).message
    text = json.dumps(json.loads(json_format.MessageToJson(message)), separators=(",", ":"))
    assert "\n" not in text
    read = []
    small = calls(lambda: parse_text(with_words(base, 1000)))
    large = calls(lambda: read.append(parse_text(text, "a.json").message))
    assert read[0] == message
    assert large < 6 * small


def test_40000_words_on_one_line(base):
    """The tokenizer's own place, asked for each token, would copy the line 80,000 times: 24 GB, where this is 50 MB."""
    text = with_words(base, 40_000).replace("\n", " ")
    (words,) = (f.vocab_list for f in parse_text(text).message.feature_config.features if f.feature_name == "tags")
    assert list(words) == [f"w{i}" for i in range(40_000)]


def test_a_hundred_mistakes_are_shown_and_the_rest_counted(base, report):
    lines = report(base + "".join(f"foo_{i}: 1\n" for i in range(5000)))
    assert len(lines) == 101
    assert lines[0].startswith("a.config:52: foo_0: unknown name")
    assert lines[99].startswith("a.config:151: foo_99: unknown name")
    assert lines[100] == "a.config: and 4,900 more mistakes; mend these first."
    assert len(report(base + "".join(f"foo_{i}: 1\n" for i in range(100)))) == 100


def test_warnings_likewise(base):
    text = base.replace(
        "model_config {",
        "model_config {"
        + "".join(f'feature_groups {{ group_name: "g{i}" feature_names: "user" }}' for i in range(150)),
    )
    warnings = parse_text(text, "a.config").warnings
    assert len(warnings) == 101
    assert warnings[100] == "a.config: and 50 more warnings."


def test_long_texts_are_cut(base, change, report):
    (line,) = report(change(('"out/run"', '"' + "x" * 1_000_000 + '"')))
    assert "model_dir: expected names of at most 255 bytes, got one of 1,000,000" in line
    (line,) = report(base + "x" * 1_000_000 + ": 1")
    assert len(line) < 1100
    assert "characters) ... " in line
    assert line.endswith("export_config, tune_config.")
    (line,) = report(base, ["model_dir=" + "y" * 100_000])
    assert len(line) < 1100


def test_a_file_too_large_is_refused_unread(tmp_path):
    path = tmp_path / "data.csv"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(ConfigError, match=r"expected a config of at most 16 MiB, this is larger") as caught:
        load_config(path)
    assert str(caught.value).startswith(f"{path}: ")
    path.write_text("#" * (LARGEST_BYTES - 1) + "\n")
    with pytest.raises(ConfigError, match="the config is empty"):
        load_config(path)


def test_tables_that_few_machines_hold_are_a_warning(base):
    slot = "feature_config.features[feature_name=slot]"
    overrides = [f"{slot}.embedding_dim=1000", f"{slot}.num_buckets=20000000"]
    (warning,) = parse_text(base, "a.config", overrides).warnings
    assert "the tables take 75 GiB, and two to three times that while they train" in warning
    assert parse_text(base, "a.config", overrides[:1]).warnings == []


def test_first_order_weights_are_columns_of_the_tables(base):
    fm = "model_config.rank_model.fm"
    user = "feature_config.features[feature_name=user]"
    # 8 columns of 20 million rows are 0.6 GiB; with 1,000 first-order columns they are 75 GiB.
    rows = [f"{user}.hash_bucket_size=20000000", f"{fm}.group_name=all", f"{fm}.wide_group_name=all"]
    assert parse_text(base, "a.config", rows).warnings == []
    wide = [*rows, f"{fm}.output=TOWER_INPUT", f"{fm}.wide_output_dim=1000"]
    (warning,) = parse_text(base, "a.config", wide).warnings
    assert "the tables take 75 GiB" in warning


def test_experts_of_each_task_count_for_each_task(base):
    net = "{ hidden_units: [8, 4] }"
    ple = "expert_num_per_task: {} share_num: 1 task_expert_net " + net.replace("{", "{{").replace("}", "}}")
    ple = f"{ple} share_expert_net {net.replace('{', '{{').replace('}', '}}')}"
    path = "model_config.rank_model.body"

    def warnings(count):
        body = f"{path}=ple {{ extraction_networks {{ {ple.format(count)} }} }}"
        return parse_text(base, "a.config", [body]).warnings

    (warning,) = warnings(26)
    assert "26 experts of 2 layers for each of 2 tasks make a graph of 104 layers" in warning
    assert warnings(25) == []


MMOE = ("model_config.rank_model.body.mmoe.expert_dnn.hidden_units=[8, 4]",)


def test_experts_that_take_long_to_build_are_a_warning(base):
    text = "51 experts of 2 layers make a graph of 102 layers, which takes about 20 s to build before the first step"
    (warning,) = parse_text(base, "a.config", [*MMOE, "model_config.rank_model.body.mmoe.num_expert=51"]).warnings
    assert text in warning
    assert parse_text(base, "a.config", [*MMOE, "model_config.rank_model.body.mmoe.num_expert=50"]).warnings == []


def test_experts_that_nobody_trains_are_refused(base):
    with pytest.raises(ConfigError, match=r"num_expert: expected at most 1,000, got 1,001\.$"):
        parse_text(base, "a.config", [*MMOE, "model_config.rank_model.body.mmoe.num_expert=1001"])
