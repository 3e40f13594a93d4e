"""Verdicts on data_config."""

from apps_rec.config.easyrec.verdict import Verdict, noted, refused, used
from apps_rec.config.torcheasyrec.fields import Row, flag, part, parts, text, whole

_ODPS = refused("tables of ODPS are not read; unload them to Parquet files, and write ParquetDataset")
_STREAM = refused("streams are not read; write the rows to Parquet files, and ParquetDataset")
_SAMPLER = refused("negatives are not drawn while training; write their rows to the files, and delete it")
_OF_ODPS = noted("it is of tables of ODPS, which are refused")
_WORKERS = noted("the reader chooses its own threads")
_MASKS = refused("values are not masked while training: write 0").unless(0, because="values are not masked")
_COSTS = refused("a batch has batch_size rows: delete it")
_LIST = used("lists are STRING, joined by the separator of the feature")

DATA: dict[str, dict[str, Row]] = {
    "DataConfig": {
        "batch_size": whole("rows in one step over all replicas together; there of each process"),
        "dataset_type": part("DatasetType", "input_type"),
        "fg_encoded": flag("true: FG_NONE, false: FG_NORMAL"),
        "fg_encoded_multival_sep": text("separator of lists under FG_NONE"),
        "label_fields": text("each 0 or 1; an empty one is a bad row", is_list=True),
        "num_workers": _WORKERS,
        "pin_memory": _WORKERS,
        "input_fields": parts("Field", "columns that are not named are of the types that their features need"),
        "delimiter": text("separator, of CSV files"),
        "with_header": flag(),
        "eval_batch_size": whole(),
        "drop_remainder": flag(),
        "fg_threads": _WORKERS,
        "is_orderby_partition": _OF_ODPS,
        "odps_data_quota_name": _OF_ODPS,
        "odps_data_compression": _OF_ODPS,
        "sample_mask_prob": _MASKS,
        "negative_sample_mask_prob": _MASKS,
        "force_base_data_group": noted("all columns of a batch have its rows"),
        "sample_weight_fields": text("columns of weights; the first one is that of a model with one task", True),
        "fg_mode": part("FgMode"),
        "shuffle": flag("its default here is true, so false is written out"),
        "shuffle_buffer_size": noted("it counts batches there; shuffle_buffer_size counts rows here, 65536 by default"),
        "sample_cost_field": _COSTS,
        "batch_cost_size": _COSTS,
        "input_fields_str": text("name:type, separated by ;, as input_fields"),
        "in_order": noted("batches are in the order of the rows"),
        "min_batch_size": refused("write drop_remainder: true, or delete it").unless(
            0, because="no batch is too small"
        ),
        "negative_sampler": _SAMPLER,
        "negative_sampler_v2": _SAMPLER,
        "hard_negative_sampler": _SAMPLER,
        "hard_negative_sampler_v2": _SAMPLER,
        "tdm_sampler": _SAMPLER,
    },
    "Field": {"input_name": text(), "input_type": part("FieldType")},
}

DATA_ENUMS: dict[str, dict[str, Verdict]] = {
    "DatasetType": {
        "OdpsDataset": _ODPS,
        "OdpsDatasetV1": _ODPS,
        "ParquetDataset": used("ParquetInput"),
        "CsvDataset": used("CSVInput"),
        "KafkaDataset": _STREAM,
    },
    "FgMode": {
        "FG_NONE": used("columns have the names of features, and hold ids"),
        "FG_NORMAL": used("columns have the names in expressions"),
        "FG_DAG": used("columns have the names in expressions"),
        "FG_BUCKETIZE": used("columns have the names of features, and hold values"),
    },
    "FieldType": {
        **dict.fromkeys(("INT32", "INT64", "STRING", "FLOAT", "DOUBLE"), used()),
        **dict.fromkeys((f"ARRAY_{kind}" for kind in ("INT32", "INT64", "STRING", "FLOAT", "DOUBLE")), _LIST),
        **dict.fromkeys(
            (f"ARRAY_ARRAY_{kind}" for kind in ("INT32", "INT64", "STRING", "FLOAT", "DOUBLE")),
            refused("lists of lists are not read; write a column each"),
        ),
        **dict.fromkeys(
            (
                f"MAP_{key}_{kind}"
                for key in ("STRING", "INT64", "INT32")
                for kind in ("INT32", "INT64", "STRING", "FLOAT", "DOUBLE")
            ),
            refused('maps are read from texts, such as "a:1" and "b:2" joined by chr(29): write STRING'),
        ),
    },
}
