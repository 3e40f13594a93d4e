"""Configs with the structure of EasyRec's own: each is read to its end, and what stops it is said in its own words."""

import os
import re
from pathlib import Path

import pytest

from apps_rec.config import load_config
from apps_rec.errors import ConfigError

SHARED = Path(os.environ.get("APPS_REC_SHARED", Path(__file__).parents[4] / "shared" / "data")).parent
CONFIGS = sorted((SHARED / "easyrec_like").glob("*.config"))
# Parts of a config that no release is to obey, and what the refusal says.
NEVER = {
    r"^\s*backbone\s*:?\s*{": "builds code from the config",
    r"input_type\s*:\s*KafkaInput": "streams are not read",
    r"input_type\s*:\s*DataHubInput": "streams are not read",
    r"input_type\s*:\s*OdpsInput": "tables of ODPS are not read",
    r"train_distribute\s*:\s*EmbeddingParallelStrategy": "tables are not divided over GPUs",
    r"user_define_fn\s*:": "no code is run from a config",
    r"text_cnn\s*:?\s*{": "sequences are averaged or weighted by attention",
}

pytestmark = pytest.mark.skipif(not CONFIGS, reason="the configs like EasyRec's are not here")


def mistakes(path):
    try:
        load_config(path)
    except ConfigError as error:
        return str(error).splitlines()
    return []


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_every_name_of_the_file_is_known(path):
    text = path.read_text(encoding="utf-8")
    # A metric is of one tower where there are several; EasyRec too knows none without its name.
    lines = [line for line in mistakes(path) if "the model gives no metric" not in line]
    assert [line for line in lines if "unknown name" in line or "Did you mean" in line or "expected text" in line] == []
    for part, reason in NEVER.items():
        if re.search(part, text, re.MULTILINE):
            assert any(": refused: " in line and reason in line for line in lines), reason
