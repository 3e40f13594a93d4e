"""Options that EasyRec does not read where they stand are noted and dropped; ours there stay mistakes."""

import pytest

from apps_rec.config import parse_text

F = "feature_config.features"
AGE, TAGS, HISTORY = f"{F}[feature_name=age]", f"{F}[feature_name=tags]", f"{F}[feature_name=history]"
USER, COMBO = f"{F}[feature_name=user]", f"{F}[feature_name=user_x_hour]"
D = "data_config"
CLICK, HOUR = f"{D}.input_fields[input_name=click]", f"{D}.input_fields[input_name=hour]"

NOTED = [
    (f"{USER}.separator=|", "an IdFeature does not read it"),
    (f"{USER}.boundaries=1,2", "an IdFeature does not read it"),
    (f"{USER}.min_val=1", "an IdFeature does not read it"),
    (f"{USER}.combiner=mean", "an IdFeature does not read it"),
    (f"{USER}.max_seq_len=3", "an IdFeature does not read it"),
    (f"{USER}.combo_join_sep=x", "an IdFeature does not read it"),
    (f"{USER}.precision=3", "words and whole numbers are hashed as they are"),
    (f"{AGE}.precision=3", "a RawFeature does not read it"),
    (f"{AGE}.separator=;", "a RawFeature of one number splits nothing"),
    (f"{AGE}.kv_separator=:", "a RawFeature does not read it"),
    (f"{AGE}.hash_bucket_size=5", "a RawFeature does not read it"),
    (f"{AGE}.num_buckets=5", "a RawFeature without min_val and max_val has no buckets"),
    (f"{TAGS}.raw_input_dim=2", "a TagFeature does not read it"),
    (f"{COMBO}.separator=|", "a ComboFeature does not read it"),
    (f"{COMBO}.num_buckets=3", "a ComboFeature does not read it"),
    (f"{HISTORY}.kv_separator=:", "a SequenceFeature does not read it"),
    (f"{CLICK}.default_val=0", "an empty label is a bad row all the same"),
    (f"{HOUR}.default_val=", "an empty text is no number: an empty cell becomes 0, or false"),
]


@pytest.mark.parametrize(("override", "reason"), NOTED, ids=lambda value: value[:60])
def test_an_option_without_an_effect_is_noted_and_dropped(base, override, reason):
    # The hour has a default of its own, which the last case replaces.
    without = base.replace(' default_val: "-1"', "") if override.startswith(HOUR) else base
    config = parse_text(base, "a.config", [override])
    (note,) = config.notes
    path = override.partition("]")[2].partition("=")[0]
    assert f"{path}: noted: {reason}" in note
    assert config.message == parse_text(without).message


def test_options_of_csv_files_are_noted_for_others(change):
    text = change(("  input_type: CSVInput", "  input_type: TFRecordInput\n  separator: ';'"))
    config = parse_text(text, "a.config")
    assert config.notes == [
        "a.config:7: data_config.separator: noted: it is of CSV files; input_type is TFRecordInput",
        "a.config:8: data_config.with_header: noted: it is of CSV files; input_type is TFRecordInput",
    ]
    assert not config.message.data_config.HasField("separator")
    assert not config.message.data_config.with_header


def test_a_resolved_config_has_no_notes(base):
    config = parse_text(base, "a.config", [override for override, _ in NOTED])
    assert len(config.notes) == len(NOTED)
    assert parse_text(config.to_text()).notes == []
