"""`embedding_init` of a feature: what is refused, and that its path may hold a day."""

import pytest

from apps_rec.config import parse_text

USER = 'input_names: "user" embedding_dim: 8'
AT = "feature_config.features[feature_name=user].embedding_init"
GOOD = 'input_path: "v.parquet"'


@pytest.fixture
def text(change):
    return lambda init, *more: change((USER, f"{USER} embedding_init {{ {init} }}"), *more)


def test_a_file_is_taken_as_it_is_written(text):
    (user,) = [f for f in parse_text(text(GOOD)).message.feature_config.features if f.feature_name == "user"]
    init = user.embedding_init
    assert (init.input_path, init.id_column, init.vector_column, init.trainable) == ("v.parquet", "id", "vector", True)


@pytest.mark.parametrize(
    ("init", "mistake"),
    [
        ("trainable: false", "input_path is missing: expected Parquet files with a vector for each id."),
        (f'{GOOD} id_column: ""', "id_column: is empty; expected the name of a column."),
        (f'{GOOD} vector_column: "id"', 'vector_column: "id" is the column of the ids; expected another.'),
    ],
)
def test_what_names_no_vectors_is_refused(text, report, init, mistake):
    (found,) = report(text(init))
    assert AT in found
    assert mistake in found


APP = 'input_names: "app" embedding_dim: 8'
INIT = f"embedding_init {{ {GOOD} }}"


@pytest.mark.parametrize(
    ("change_of", "mistake"),
    [
        (
            ("feature_type: RawFeature embedding_dim: 8", f"feature_type: RawFeature embedding_dim: 8 {INIT}"),
            "embedding_init: is for IdFeature or TagFeature or LookupFeature or SequenceFeature; this is a RawFeature.",
        ),
        (
            ("embedding_dim: 8 hash_bucket_size: 1000", f"embedding_dim: 8 hash_bucket_size: 1000 {INIT}"),
            "embedding_init: is for IdFeature or TagFeature or LookupFeature or SequenceFeature; this is a Combo",
        ),
        (
            (
                'embedding_name: "app" embedding_dim: 8 hash_bucket_size: 100\n'
                '    sequence_combiner { target_attention { key: "app" } }',
                f"sub_feature_type: RawFeature boundaries: [1, 2] embedding_dim: 8 {INIT}",
            ),
            "embedding_init: the ids of this feature are made of numbers; expected ids that stand in a file as they",
        ),
    ],
)
def test_ids_that_no_file_holds_are_refused(change, report, change_of, mistake):
    (found,) = report(change(change_of))
    assert mistake in found


def test_of_a_shared_table_one_is_enough_and_several_agree(change, report):
    one = (APP, f"{APP} {INIT}")
    assert not report(change(one))
    alike = ("    sequence_combiner { target", f"    {INIT} sequence_combiner {{ target")
    assert not report(change(one, alike))
    other = (alike[0], alike[1].replace("v.parquet", "w.parquet"))
    (found,) = report(change(one, other))
    assert 'embedding_init: the table "app" is shared with "app" (line 22); expected the same, or none.' in found


def test_without_an_embedding_there_is_nothing_to_begin(change, report):
    found = report(change((USER, f'input_names: "user" {INIT}')))
    assert any("there is no embedding that could begin at a vector: embedding_dim is 0." in line for line in found)


def test_a_day_in_the_path(text):
    config = parse_text(text('input_path: "v/dt={date-1}/*.parquet"'), date="2026-11-08")
    assert config.message.feature_config.features[0].embedding_init.input_path == "v/dt=2026-11-07/*.parquet"
