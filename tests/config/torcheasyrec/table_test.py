"""The table is whole, and its configs are told from EasyRec's and from this package's."""

import re

import pytest

from apps_rec.config import parse_text
from apps_rec.config.easyrec.verdict import REFUSED, USED
from apps_rec.config.torcheasyrec import table
from apps_rec.config.torcheasyrec.dialect import is_torcheasyrecs_text
from apps_rec.config.torcheasyrec.fields import FLAG, REAL, TEXT, WHOLE, Given
from apps_rec.config.torcheasyrec.rows import ENUMS, MESSAGES
from apps_rec.errors import ConfigError
from tests.config.torcheasyrec.conftest import STORE
from tests.tiny import TINY_DATA, TINY_MODEL, TINY_TRAINING


def test_every_message_and_enum_that_a_field_holds_is_there():
    for message, rows in MESSAGES.items():
        for name, row in rows.items():
            if isinstance(row, Given):
                assert row.holds in {TEXT, WHOLE, REAL, FLAG, *MESSAGES, *ENUMS}, f"{message}.{name}"
                assert row.verdict.kind == USED
            elif row.kind == REFUSED:
                assert re.search(r"write |delete |are read |read$|models that", row.reason), f"{message}.{name}"


def test_a_config_has_the_fields_that_are_read():
    config = table.new_config()
    config.model_config.mmoe.task_towers.add(tower_name="ctr").losses.add().binary_cross_entropy.SetInParent()
    assert config.model_config.WhichOneof("model") == "mmoe"
    assert "zch" not in config.feature_configs.add().id_feature.DESCRIPTOR.fields_by_name


def test_the_dialect_is_recognised():
    assert is_torcheasyrecs_text(STORE)
    assert not is_torcheasyrecs_text(TINY_DATA + TINY_MODEL + TINY_TRAINING)


def test_other_commands_say_in_one_line_what_to_do():
    with pytest.raises(ConfigError) as caught:
        parse_text(STORE, "torch.config")
    assert str(caught.value) == (
        "torch.config:1: this config is in TorchEasyRec's dialect, which no command reads as it stands. Write it in"
        " this package's spelling with: apps-rec import-easyrec torch.config -o my.config"
    )


def test_a_slip_in_a_config_of_this_package_is_no_other_dialect():
    text = TINY_DATA.replace("input_type: CSVInput", "dataset_type: CsvDataset") + TINY_MODEL + TINY_TRAINING
    with pytest.raises(ConfigError, match="dataset_type: unknown name"):
        parse_text(text)
