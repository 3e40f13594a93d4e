"""Verdicts on data_config."""

from apps_rec.config.easyrec.verdict import Verdict, noted, reads_as, refused, used

_SAMPLER = refused("negatives are not drawn while training; write their rows to the files, and delete it")
_CODE = refused("no code is run from a config; prepare the column in the files, and delete it")
_ODPS = refused("tables of ODPS are not read; unload them to files, and write CSVInput or ParquetInput")
_RTP = refused("features joined in one column are not read; write a column each to files, and CSVInput or ParquetInput")
_STREAM = refused("streams are not read; write the rows to files, and CSVInput, ParquetInput or TFRecordInput")
_OF_RTP = noted("it is of inputs of RTP, which are refused")
_OF_ODPS = noted("it is of tables of ODPS, which are refused")
_DIM = used("more than 1: the column is read as STRING, and its RawFeature has as many for its raw_input_dim")

DATA: dict[str, dict[str, Verdict]] = {
    "DatasetConfig": {
        "batch_size": used("rows in one step, over all replicas together"),
        "auto_expand_input_fields": used("f[1-21] stands for f1 to f21; brackets elsewhere in a name stay as they are"),
        "label_fields": used("each 0 or 1; an empty one is a bad row"),
        "label_sep": used("of labels whose label_dim is more than 1"),
        "label_dim": used("more than 1 for the soft labels of kd alone, one number a class; a tower learns one number"),
        "extra_label_func": _CODE,
        "shuffle": used(),
        "shuffle_buffer_size": used("the default is 65536, EasyRec's is 32"),
        "num_epochs": used(),
        "prefetch_size": used(),
        "shard": noted("data_config.worker_split says how rows are divided between workers"),
        "file_shard": noted("data_config.worker_split says how rows are divided between workers"),
        "input_type": used(),
        "separator": used("of CSV files"),
        "num_parallel_calls": noted("the reader chooses its own threads"),
        "selected_cols": _OF_ODPS,
        "selected_col_types": _OF_ODPS,
        "input_fields": used(),
        "rtp_separator": _OF_RTP,
        "ignore_error": refused("write bad_rows: SKIP, which drops and counts bad rows, not their whole batch").unless(
            False, because="a bad row is an error unless bad_rows: SKIP is written"
        ),
        "pai_worker_queue": noted("it is of Alibaba's platform"),
        "pai_worker_slice_num": noted("it is of Alibaba's platform"),
        "chief_redundant": noted("the chief trains as the other workers do"),
        "sample_weight": used("for every task; a tower may name its own"),
        "data_compression_type": refused(
            "files are packed by gzip and have names that end in .gz, or are not packed: pack them so, and delete it"
        ).unless("", "GZIP", because="files are unpacked whose names end in .gz, and no others"),
        "n_data_batch_tfrecord": noted("a record holds as many rows as its lists; batches have batch_size rows"),
        "with_header": used(),
        "feature_fields": noted("the columns that features, labels and filters name are read"),
        "negative_sampler": _SAMPLER,
        "negative_sampler_v2": _SAMPLER,
        "hard_negative_sampler": _SAMPLER,
        "hard_negative_sampler_v2": _SAMPLER,
        "negative_sampler_in_memory": _SAMPLER,
        "eval_batch_size": used(),
        "drop_remainder": used(),
    },
    "DatasetConfig.LabelFunction": {"label_name": _CODE, "label_func": _CODE},
    "DatasetConfig.Field": {
        "input_name": used(),
        "input_type": used(),
        "default_val": used("what an empty cell becomes; of a label it has no effect: an empty label is a bad row"),
        "input_dim": _DIM,
        "input_shape": _DIM,
        "user_define_fn": _CODE,
        "user_define_fn_path": _CODE,
        "user_define_fn_res_type": _CODE,
        "ignore_val": refused(
            "no value of a list is left out but the empty one: leave it out of the files, and delete it"
        ).unless("", because="empty values of a list are left out"),
    },
    "DatasetConfig.FieldType": {
        "INT32": used(),
        "INT64": used(),
        "STRING": used(),
        "FLOAT": used(),
        "DOUBLE": used(),
        "BOOL": used(),
    },
    "DatasetConfig.InputType": {
        "CSVInput": used("cells may stand in quotes, as data_config.quoting says"),
        "CSVInputV2": reads_as("CSVInput", "another reader of the same files"),
        "CSVInputEx": reads_as("CSVInput", "every reader of CSV takes cells in quotes"),
        "OdpsInput": _ODPS,
        "OdpsInputV2": _ODPS,
        "DataHubInput": _STREAM,
        "OdpsInputV3": _ODPS,
        "RTPInput": _RTP,
        "RTPInputV2": _RTP,
        "OdpsRTPInput": _ODPS,
        "OdpsRTPInputV2": _ODPS,
        "TFRecordInput": used(),
        "BatchTFRecordInput": used("each column is a list of a SequenceExample, with a feature a row"),
        "DummyInput": refused("rows are not made up; name files, and write CSVInput, ParquetInput or TFRecordInput"),
        "KafkaInput": _STREAM,
        "HiveInput": refused("tables of Hive are not read; name their files, and write CSVInput or ParquetInput"),
        "HiveRTPInput": _RTP,
        "HiveParquetInput": refused("tables of Hive are not read; name their files, and write ParquetInput"),
        "ParquetInput": used(),
        "ParquetInputV2": reads_as("ParquetInput", "another reader of the same files"),
        "ParquetInputV3": reads_as("ParquetInput", "another reader of the same files"),
        "CriteoInput": refused(
            "Criteo's binary form is not read; write the rows to files, and CSVInput, ParquetInput or TFRecordInput"
        ),
    },
}
