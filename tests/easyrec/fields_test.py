"""Every field of EasyRec that is obeyed stands in a config that trains, learns and exports."""

import pytest

from apps_rec.config.easyrec.names import ALSO, easyrec_name
from apps_rec.config.easyrec.table import TABLE
from apps_rec.config.easyrec.verdict import USED
from apps_rec.config.load import parse_text
from tests.easyrec.models import CONFIGS, QUICK
from tests.easyrec.whole_way import learned, whole_way

# Fields that no training of one process takes; the tests that do.
ELSEWHERE = {
    ("DistributionStrategy", "PSStrategy"): "tests/training/parameter_server",
    ("DistributionStrategy", "CollectiveAllReduceStrategy"): "tests/training/distribute",
    ("DistributionStrategy", "MultiWorkerMirroredStrategy"): "tests/training/distribute",
    ("TrainConfig", "fine_tune_checkpoint"): "tests/training/warm_start",
    ("TrainConfig", "fine_tune_ckpt_var_map"): "tests/training/warm_start",
    ("ExportConfig", "asset_files"): "tests/serving/saved_model",
}


def given(message, found):
    """Fields and values of enums that a message gives, by EasyRec's names."""
    name = easyrec_name(message.DESCRIPTOR)
    names = [name, *(other for other, one in ALSO.items() if one == name)]
    for field, value in message.ListFields():
        found |= {(one, field.name) for one in names}
        values = list(value) if field.is_repeated else [value]
        for item in values:
            if field.message_type:
                given(item, found)
            elif field.enum_type:
                aliases = [one.name for one in field.enum_type.values if one.number == item]
                found |= {(easyrec_name(field.enum_type), one) for one in aliases}
    return found


def test_every_field_that_is_used_stands_in_a_config():
    found = set()
    for name, text in CONFIGS.items():
        given(parse_text(text, f"{name}.config", files_here=False).written, found)
    wanted = {(message, name) for message, rows in TABLE.items() for name, row in rows.items() if row.kind == USED}
    missing = sorted(wanted - found - set(ELSEWHERE))
    assert not missing, "\n".join(map(str, missing))


@pytest.mark.parametrize("name", QUICK)
def test_a_config_trains_and_learns(name, tmp_path):
    path = tmp_path / f"{name}.config"
    path.write_text(CONFIGS[name], encoding="utf-8")
    metrics, truth, _ = whole_way(path, tmp_path / "rows", rows=3000, steps=80, exports=False)
    assert learned(metrics, truth), (metrics, truth)


@pytest.mark.slow
@pytest.mark.parametrize("name", CONFIGS)
def test_a_config_trains_learns_and_exports(name, tmp_path, proven_here):
    path = tmp_path / f"{name}.config"
    path.write_text(CONFIGS[name], encoding="utf-8")
    metrics, truth, export = whole_way(path, tmp_path / "rows")
    assert learned(metrics, truth), (metrics, truth)
    assert (export / "saved_model.pb").exists()
