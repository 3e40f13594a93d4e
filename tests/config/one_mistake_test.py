"""Every cross-check of a field: one mistake gives one line, which says where, what was expected and what came."""

import pytest

F = "feature_config.features"
R = "model_config.rank_model"
D = "data_config"
AGE, TAGS, HISTORY = f"{F}[feature_name=age]", f"{F}[feature_name=tags]", f"{F}[feature_name=history]"
USER, SLOT, HOUR = f"{F}[feature_name=user]", f"{F}[feature_name=slot]", f"{F}[feature_name=hour]"
CTR, CVR = f"{R}.task_towers[tower_name=ctr]", f"{R}.task_towers[tower_name=cvr]"
ADAM = "train_config.optimizer_config.adam_optimizer.learning_rate"
HIST_DNN = f"{HISTORY}.sequence_combiner.target_attention"
PLE = """{ ple { group_name: "all"
  extraction_networks { expert_num_per_task: 3 share_num: 1
    task_expert_net { hidden_units: [9, 8] } share_expert_net { hidden_units: 8 } }
  extraction_networks { network_name: "last" expert_num_per_task: 1 share_num: 2
    task_expert_net { hidden_units: [4] } share_expert_net { hidden_units: 4 } } } }"""
AITM = '{ aitm { group_name: "all" task_dnn { hidden_units: 4 } transfer_dnn { hidden_units: [8, 4] } } }'

# (overrides, parts of the one line they give)
BY_OVERRIDE = [
    # data
    (["train_input_path="], ["train_input_path: is missing"]),
    (["model_dir="], ["model_dir: is missing"]),
    (["train_input_path=a,,b"], ["train_input_path", "an empty one"]),
    (["train_input_path=a.csv,http://host/b.csv"], ["train_input_path: expected a path without a scheme", '"http://"']),
    (["eval_input_path=s3:///b.csv"], ["eval_input_path: expected a bucket"]),
    (["eval_input_path=file://b.csv"], ["eval_input_path: expected three slashes"]),
    (["model_dir=gs://bucket/run"], ["model_dir: expected a path without a scheme", "mount", "got a URI of gs://"]),
    (["train_config.fine_tune_checkpoint=s3://bucket/run"], ["fine_tune_checkpoint", "got a URI of s3://"]),
    ([f"{TAGS}.vocab_list=", f"{TAGS}.vocab_file=s3://bucket/words"], ["vocab_file", "got a URI of s3://"]),
    ([f"{D}.batch_size=0"], [f"{D}.batch_size", "expected more than 0, got 0"]),
    ([f"{D}.eval_batch_size=0"], ["expected more than 0, got 0"]),
    ([f"{D}.shuffle_buffer_size=-5"], ["expected more than 0, got -5"]),
    ([f"{D}.holdout_fraction=1.5"], ["expected a number in [0, 1), got 1.5"]),
    ([f"{D}.separator=ab"], ["expected one ASCII character", '"ab"']),
    ([f"{D}.label_fields=click,download,downlod"], ['no column is called "downlod"', 'Did you mean "download"?']),
    ([f"{D}.label_fields=click,download,click"], ['"click" is in this list already']),
    ([f"{D}.label_fields=click,download,age"], ['"age" is a label; a model that reads it']),
    ([f"{D}.input_fields[input_name=cost].input_name=user"], ['"user" is the name of another column too (line 11)']),
    ([f"{D}.input_fields[input_name=cost].column_name=user"], ['"user" of the files is read by another', "(line 11)"]),
    ([f"{D}.input_fields[input_name=cost].column_name="], ["column_name: is empty"]),
    ([f"{D}.input_fields[input_name=hour].default_val=x"], ['expected a value of type INT32, got "x"']),
    ([f"{D}.input_fields[input_name=age].default_val=nan"], ['expected a value of type FLOAT, got "nan"']),
    ([f"{D}.input_fields[input_name=user].not_observed=-1"], ["is for labels; this column is not one of label_fields"]),
    ([f"{D}.input_fields[input_name=click].not_observed=1"], ['"" or a number other than 0 and 1', "INT32", 'got "1"']),
    ([f"{D}.input_fields[input_name=click].not_observed=NA"], ['"" or a number other than 0 and 1', 'got "NA"']),
    ([f"{D}.sample_weight=costs"], ['no column is called "costs"', 'Did you mean "cost"?']),
    ([f"{D}.sample_weight=user"], ["must hold numbers, not STRING"]),
    ([f"{D}.key_fields=user,ap"], ['no column is called "ap"', 'Did you mean "app"?']),
    ([f'{D}.row_filter={{column: "cachd" keep: "1"}}'], ['no column is called "cachd"']),
    ([f'{D}.row_filter={{column: "user"}}'], ["expected one of keep, drop, and from or to, got none"]),
    (
        [f'{D}.row_filter={{column: "user" keep: "a" drop: "b"}}'],
        ["expected one of keep, drop, and from or to, got keep and drop"],
    ),
    ([f'{D}.row_filter={{keep: "a"}}'], ["column is missing"]),
    ([f'{D}.row_filter={{column: "hour" drop: "late"}}'], ['expected a value of type INT32, got "late"']),
    ([f'{D}.row_filter={{column: "user" from: "late"}}'], ["texts are compared digit for digit", 'got "late"']),
    ([f'{D}.row_filter={{column: "hour" to: "noon"}}'], ['expected a value of type INT32, got "noon"']),
    (
        [f'{D}.input_fields+={{input_name: "hot" input_type: BOOL}}', f'{D}.row_filter={{column: "hot" from: "1"}}'],
        ["row_filter[column=hot].from", '"hot" is BOOL, which has no order; expected keep or drop'],
    ),
    ([f'{D}.row_filter={{column: "hour" to: "1" use: [TRAIN, TRAIN]}}'], ['use[1]: "TRAIN" is in this list already']),
    # how cells of CSV are written
    ([f"{D}.escape_char=,"], ["escape_char", "other than the separator and the double quote", 'got ","']),
    ([f"{D}.escape_char=ab"], ["escape_char", "expected one ASCII character", 'got "ab"']),
    ([f"{D}.decimal_separator=;"], ["decimal_separator", 'expected "." or ",", got ";"']),
    (
        [f"{D}.decimal_separator=,", f"{D}.quoting=NONE"],
        ["decimal_separator", "is the separator between columns too", "quoting: NONE does not keep them apart"],
    ),
    ([f'{D}.null_words=["NA", ""]'], ["null_words[1]: an empty cell is a missing value anyway"]),
    ([f'{D}.null_words=["NA", "NA"]'], ['null_words[1]: "NA" is in this list already']),
    (
        [f'{D}.null_words=["\\\\N"]', f'{D}.escape_char="\\\\"'],
        ["null_words[0]", "holds the escape_char", '"N" is left'],
    ),
    ([f"{D}.bad_rows=SKIP", f"{D}.max_bad_row_share=1.5"], ["max_bad_row_share: expected a number in [0, 1], got 1.5"]),
    # words that can never match, and numbers that 32 bits do not hold
    ([f"{D}.input_fields[input_name=hour].default_val=1_0"], ['expected a value of type INT32, got "1_0"']),
    ([f"{D}.input_fields[input_name=age].default_val=1e39"], ['expected a value of type FLOAT, got "1e39"']),
    ([f'{D}.row_filter={{column: "user" keep: "de "}}'], ["keep[0]", 'blanks; expected "de"']),
    ([f'{D}.row_filter={{column: "hour" keep: "0.0"}}'], ['expected a value of type INT32, got "0.0"']),
    ([f'{D}.row_filter={{column: "hour" drop: "3000000000"}}'], ["expected a value of type INT32"]),
    ([f'{TAGS}.vocab_list=["a", "b "]'], ["vocab_list[1]", 'begins or ends with blanks; expected "b"']),
    ([f'{TAGS}.vocab_list=["a", "b\\r"]'], ['begins or ends with blanks; expected "b"']),
    ([f'{TAGS}.vocab_list=["a", "\\tb"]'], ['"\\tb" begins or ends with blanks; expected "b"']),
    ([f'{TAGS}.vocab_list=["a", "b|c"]'], ['holds the separator "|"']),
    (["eval_config.metrics_set={gauc {uid_field: 'age'}}"], ["gauc.uid_field", '"age" is FLOAT']),
    ([f"{AGE}.mean=0", f"{AGE}.stddev=1e-50"], ["the stddev is 1e-50"]),
    ([f"{AGE}.min_val=0", f"{AGE}.max_val=1e-50"], ["max_val - min_val is 1e-50"]),
    ([f"{AGE}.min_val=1700000000", f"{AGE}.max_val=1700086400"], ["too far apart", "declare the column DOUBLE"]),
    ([f"{AGE}.mean=1700000000", f"{AGE}.stddev=3600"], ["too far apart", "declare the column DOUBLE"]),
    ([f"{AGE}.boundaries=1700000000,1700000001"], ["boundaries[1]", "are one number in a FLOAT column"]),
    ([f"{AGE}.boundaries=1,1e39"], ["expected finite numbers"]),
    # one feature
    ([f"{F}[feature_name=tags].feature_name=age2"], ['no feature is called "tags"', "Features are"]),
    ([f"{USER}.input_names=usr"], ['no column is called "usr"', 'Did you mean "user"?']),
    ([f"{USER}.input_names=click"], ['"click" is a label']),
    ([f"{USER}.input_names=user,app"], ["an IdFeature reads one column, got 2"]),
    ([f"{F}[feature_name=user_x_hour].input_names=user"], ["reads two or more columns, got 1"]),
    ([f"{TAGS}.input_names=tags,user,app"], ["or two where the second holds the weights, got 3"]),
    ([f"{USER}.input_names=age"], ["is FLOAT", "an id is a word or a whole number"]),
    ([f"{HOUR}.input_names=user"], ["num_buckets needs INT32 or INT64"]),
    ([f"{AGE}.input_names=user"], ["a RawFeature reads numbers"]),
    ([f"{AGE}.raw_input_dim=3"], ["reads several numbers from one STRING"]),
    ([f"{TAGS}.input_names=hour"], ["lists are read as STRING"]),
    (
        [f"{USER}.num_buckets=5", f"{USER}.input_names=hour"],
        ["expected exactly one of", "hash_bucket_size and num_buckets"],
    ),
    ([f"{USER}.hash_bucket_size=0"], ["hash_bucket_size", "got 0"]),
    ([f"{USER}.hash_bucket_size=3000000000"], ["expected a number in [1, 2.14748e+09]"]),
    ([f"{USER}.mean=1"], ["mean: is for RawFeature or SequenceFeature or LookupRawFeature; this is an IdFeature"]),
    ([f"{HISTORY}.boundaries=1,2"], ["boundaries: is of numbers; write sub_feature_type: RawFeature"]),
    (
        [f"{AGE}.min_val=0", f"{AGE}.max_val=1", f"{AGE}.num_buckets=200000"],
        ["num_buckets: expected at most 100,000 bins"],
    ),
    ([f"{AGE}.boundaries=1,3,2"], ["boundaries must ascend; 2 comes after 3"]),
    ([f"{AGE}.boundaries=1,2", f"{AGE}.normalizer_fn=log1p"], ["cut at boundaries or normalised, not both"]),
    ([f"{AGE}.min_val=1"], ["min_val: needs max_val beside it"]),
    ([f"{AGE}.min_val=3", f"{AGE}.max_val=1"], ["max_val: expected more than min_val, 3, got 1"]),
    ([f"{AGE}.mean=3"], ["mean: needs stddev beside it"]),
    ([f"{AGE}.mean=3", f"{AGE}.stddev=0"], ["stddev: expected more than 0, got 0"]),
    ([f"{AGE}.min_val=0", f"{AGE}.max_val=1", f"{AGE}.mean=3", f"{AGE}.stddev=1"], ["expected one way to normalise"]),
    ([f"{AGE}.normalizer_fn=log"], ['expected "log1p", got "log"']),
    (["model_config.embedding_stddev=0"], ["embedding_stddev: expected more than 0, got 0"]),
    ([f"{AGE}.raw_input_dim=0"], ["raw_input_dim: expected more than 0"]),
    ([f"{TAGS}.combiner=max"], ['expected sum, mean or sqrtn, got "max"']),
    ([f"{TAGS}.separator="], ["separator: is empty"]),
    ([f"{TAGS}.kv_separator=|"], ["kv_separator: expected a text other than separator"]),
    ([f"{TAGS}.max_seq_len=0"], ["max_seq_len: expected more than 0"]),
    ([f"{TAGS}.vocab_list=a,a"], ['vocab_list[1]: "a" is in this list already']),
    ([f"{TAGS}.min_count=3"], ["min_count: needs vocab_file"]),
    ([f"{TAGS}.vocab_list=", f"{TAGS}.vocab_file=no/such.txt"], ['there is no file "no/such.txt"']),
    ([f"{HISTORY}.combiner=sum"], ["combiner: sequence_combiner is given too"]),
    ([f"{AGE}.embedding_name=user"], ["embedding_name: a number has no table to share"]),
    ([f"{HISTORY}.sequence_combiner={{}}"], ["is empty; expected mean { }, attention { } or target_attention { }"]),
    ([f"{HIST_DNN}.key=ap"], ['no feature is called "ap"', 'Did you mean "app"?']),
    ([f"{HIST_DNN}.key=tags"], ['expected an IdFeature; "tags" is a TagFeature']),
    ([f"{HIST_DNN}.key=slot"], ['"slot" is marked position']),
    ([f"{HIST_DNN}={{}}"], ["key is missing"]),
    ([f"{HIST_DNN}.dnn.use_bn=false"], ["hidden_units is missing"]),
    # tables
    ([f"{HISTORY}.hash_bucket_size=50"], ["hash_bucket_size 100; expected the same, got hash_bucket_size 50"]),
    # groups
    (["model_config.feature_groups[group_name=all].feature_names[0]=usr"], ['no feature is called "usr"', '"user"?']),
    (["model_config.feature_groups[group_name=all].feature_names[6]=user"], ['"user" is in this list already']),
    (
        ["model_config.feature_groups[group_name=all].group_name=al"],
        ['the group "all", read by the mixture of experts'],
    ),
    (["model_config.feature_groups[group_name=all].feature_names="], ["feature_names is missing"]),
    (["model_config.feature_groups[group_name=all].wide_deep=WIDE"], ["WIDE has first-order weights only"]),
    (["model_config.feature_groups[group_name=position].wide_deep=WIDE_AND_DEEP"], ["has no first-order part"]),
    ([f"{USER}.embedding_dim=0"], ["embedding_dim: expected more than 0, got 0"]),
    ([f"{AGE}.embedding_dim=0"], ["the pairwise part of the FM multiplies embeddings"]),
    ([f"{USER}.embedding_dim=4"], ["lengths must be equal: got 4, others have 8"]),
    ([f"{R}.fm.wide_group_name=wide"], ['the group "wide", read by the first-order part of the FM, is not defined']),
    # position
    ([f"{SLOT}.position=false"], ['"slot" is not marked position; the position tower reads only']),
    (["model_config.feature_groups[0].feature_names[2]=slot"], ['"slot" is marked position']),
    ([f"{HOUR}.input_names=slot"], ['"slot" feeds the position feature "slot"', "expected position: true here too"]),
    # model
    (
        [f"{R}.body={{ shared_bottom {{ normalize_groups: true }} }}"],
        ["normalize_groups: is for the groups of a shared bottom"],
    ),
    ([f"{R}.body.mmoe.num_expert=0"], ["num_expert: expected at least 1 expert, got 0"]),
    ([f"{R}.body.mmoe={{ num_expert: 2 }}"], ["expert_dnn is missing"]),
    ([f"{R}.body={{}}"], ["expected shared_bottom { } or mmoe { } or ple { }"]),
    # towers that read each other
    ([f"{CTR}.relation_tower_names=cvr"], ['"cvr" does not stand before "ctr", which is to read it']),
    ([f"{CVR}.relation_tower_names=cvr"], ['"cvr" does not stand before "cvr"']),
    ([f"{CVR}.relation_tower_names=ctx"], ['no tower is called "ctx"', 'Did you mean "ctr"?']),
    ([f"{CVR}.relation_tower_names=ctr,ctr"], ['relation_tower_names[1]: "ctr" is in this list already']),
    ([f"{CVR}.relation_dnn={{ hidden_units: 0 }}"], ["relation_dnn.hidden_units[0]: expected more than 0, got 0"]),
    ([f'{R}.body={{ ple {{ group_name: "all" }} }}'], ["extraction_networks is missing"]),
    (
        [f"{R}.body={PLE.replace('share_num: 2', '')}"],
        [f"{R}.body.ple.extraction_networks[network_name=last].share_num", "expected at least 1 expert."],
    ),
    ([f"{R}.body={PLE.replace('task: 1', 'task: 0')}"], ["expert_num_per_task", "at least 1 expert, got 0"]),
    (
        [f"{R}.body={PLE.replace('net { hidden_units: 4 }', 'net { hidden_units: 3 }')}"],
        ["share_expert_net.hidden_units", "ends in 3 units and task_expert_net in 4", "expected one width"],
    ),
    ([f"{R}.body={PLE.replace('share_expert_net { hidden_units: 8 }', '')}"], ["share_expert_net is missing"]),
    ([f"{R}.body={PLE.replace('last', 'network_0')}"], ['"network_0" is the name of another network too']),
    ([f"{R}.body={PLE.replace('[9, 8]', '[0, 8]')}"], ["task_expert_net.hidden_units[0]: expected more than 0"]),
    ([f"{R}.body={PLE.replace('task: 1', 'task: 1001')}"], ["expert_num_per_task: expected at most 1,000"]),
    ([f"{R}.body={{ aitm {{ group_name: 'all' task_dnn {{ hidden_units: 4 }} }} }}"], ["transfer_dnn is missing"]),
    (
        [f"{R}.body={AITM.replace('[8, 4]', '[4, 8]')}"],
        ["body.aitm.transfer_dnn.hidden_units: ends in 8 units and task_dnn in 4; expected one width"],
    ),
    (
        [
            f"{R}.body={AITM}",
            f"{R}.head.independent={{}}",
            f"{R}.task_towers=[{{tower_name: 'ctr' label_name: 'click'}}]",
        ],
        ["body.aitm: hands on from one task to the next; expected two task_towers or more."],
    ),
    ([f"{R}.body.mmoe.expert_dnn.hidden_units=8,0"], ["hidden_units[1]: expected more than 0, got 0"]),
    ([f"{R}.body.mmoe.expert_dnn.hidden_units="], ["hidden_units is missing"]),
    ([f"{R}.body.mmoe.expert_dnn.dropout_ratio=.1,.1,.1"], ["one for each of the 2 layers, got 3"]),
    ([f"{R}.body.mmoe.expert_dnn.dropout_ratio=1"], ["expected a number in [0, 1), got 1"]),
    ([f"{R}.body.mmoe.expert_dnn.activation=rleu"], ['unknown activation "rleu"', 'Did you mean "relu"?']),
    (
        [f'{R}.body.mmoe.groups={{input: "all"}}', f"{R}.body.mmoe.group_name=all", f"{R}.fm.group_name=all"],
        ["groups are given too"],
    ),
    ([f'{R}.body.mmoe.groups={{input: "all"}}'], ['fm: group_name is missing: no group is called "fm" and the body']),
    (
        [f'{R}.body.mmoe.groups=[{{input: "all"}}, {{input: "all"}}]', f"{R}.fm.group_name=all"],
        ["another part of the body"],
    ),
    ([f"{R}.body.mmoe.groups={{}}", f"{R}.fm.group_name=all"], ["input is missing"]),
    (["model_config.embedding_regularization=-1"], ["expected 0 or more, got -1"]),
    ([f"{R}.l2_regularization=-1e-9"], ["expected 0 or more, got -1e-09"]),
    ([f"{R}.head.funnel.tower_names=cvr,ctr"], ["expected the towers in the order of task_towers, ctr, cvr"]),
    ([f"{R}.head.funnel.tower_names=ctr,cvrr"], ['no tower is called "cvrr"', 'Did you mean "cvr"?']),
    ([f"{CVR}.label_name=click"], ['a step of the funnel before it has the label "click"']),
    (
        [f"{CVR}.task_space_indicator_label=click", f"{CVR}.out_task_space_weight=0"],
        ["a later step of a funnel is trained over all impressions"],
    ),
    (["model_config.score={output: 'probs_cvtcr'}"], ['no output "probs_cvtcr"', 'Did you mean "probs_ctcvr"?']),
    (["model_config.score={weight: 2}"], ["output is missing"]),
    (["model_config.score=[{output: 'probs_ctr'}, {output: 'probs_ctr'}]"], ["another score term"]),
    (["model_config.model_class=MMoE"], ['"MMoE" stands over a rank_model { }', "it is RankModel"]),
    (["model_config.model_class=ESSM"], ['there is no model "ESSM"', 'Did you mean "ESMM"?']),
    (["model_config.label_name=click"], ["give each tower its own label_name"]),
    # sizes
    ([f"{D}.batch_size=4000000000"], ["batch_size: expected at most 10,000,000, got 4,000,000,000"]),
    ([f"{D}.prefetch_size=4000000000"], ["prefetch_size: expected at most 10,000,000"]),
    ([f"{F}[feature_name=slot].embedding_dim=4000000000"], ["embedding_dim: expected at most 65,536"]),
    ([f"{TAGS}.max_seq_len=4000000000"], ["max_seq_len: expected at most 1,000,000"]),
    ([f"{R}.body.mmoe.num_expert=4000000000"], ["num_expert: expected at most 1,000, got"]),
    ([f"{R}.body.mmoe.expert_dnn.hidden_units=8,4000000000"], ["hidden_units[1]: expected at most 1,000,000"]),
    (
        [f"{SLOT}.embedding_dim=60000", f"{SLOT}.num_buckets=20000000"],
        ["the table would take 4.4 TiB; expected at most 1 TiB"],
    ),
    # towers
    ([f"{CTR}.label_name=clik"], ['no label is called "clik"', "Labels are click, download.", 'Did you mean "click"?']),
    ([f"{CTR}.label_name="], ["label_name is missing"]),
    ([f"{CTR}.tower_name=cvr"], ['"cvr" is the name of another tower']),
    ([f"{CTR}.tower_name=a b"], ["expected a letter, then letters"]),
    ([f"{CVR}.tower_name=ctcvr"], ["names the product of the funnel's towers"]),
    ([f"{CTR}.tower_name=l2"], ['"loss_l2" is the name of another loss']),
    ([f"{CTR}.tower_name={'t' * 1001}"], ["tower_name: expected at most 1,000 characters"]),
    (
        [f"{CTR}.tower_name=cvr_masked"],
        ['metrics of "cvr" on the rows of the step before it have this name too; expected another.'],
    ),
    ([f"{CTR}.weight=-1"], ["weight: expected 0 or more, got -1"]),
    ([f"{CTR}.weight=0", f"{CVR}.weight=0"], ["nothing would be trained"]),
    ([f"{CTR}.negatives_kept=0"], ["negatives_kept: expected a number in (0, 1], got 0"]),
    ([f"{CTR}.logit_scale=0"], ["logit_scale: expected more than 0, got 0"]),
    ([f"{CTR}.logit_shift=nan"], ["logit_shift=nan: expected a finite number, got nan"]),
    (
        [f"{CTR}.logit_knots=1,2", f"{CTR}.logit_values=1,2,3"],
        ["as many numbers in logit_values as in logit_knots, got 3 and 2"],
    ),
    (
        [f"{CTR}.logit_values=1,2"],
        ["logit_values: expected as many numbers in logit_values as in logit_knots, got 2 and 0"],
    ),
    ([f"{CTR}.logit_knots=1", f"{CTR}.logit_values=1"], ["logit_knots: expected 2 to 100 numbers, got 1"]),
    (
        [f"{CTR}.{name}={','.join(map(str, range(101)))}" for name in ("logit_knots", "logit_values")],
        ["logit_knots: expected 2 to 100 numbers, got 101"],
    ),
    (
        [f"{CTR}.logit_knots=1,2,2.00000001", f"{CTR}.logit_values=1,2,3"],
        ["logit_knots[2]: logit_knots must rise; 2 comes after 2."],
    ),
    (
        [f"{CTR}.logit_knots=1,2", f"{CTR}.logit_values=1,-2"],
        ["logit_values[1]: logit_values must rise; -2 comes after 1."],
    ),
    ([f"{CTR}.logit_knots=1,inf"], ["logit_knots=1,inf: expected a finite number, got inf"]),
    (
        [f"{CTR}.logit_knots=1,2", f"{CTR}.logit_values=1,2", f"{CTR}.logit_scale=2"],
        ["logit_scale: logit_knots and logit_values are given too; expected either these or it."],
    ),
    ([f"{CTR}.negatives_kept=10"], ["negatives_kept: expected a number in (0, 1], got 10"]),
    ([f"{CTR}.task_space_indicator_label=clik"], ['no label is called "clik"']),
    ([f"{CTR}.out_task_space_weight=0"], ["needs task_space_indicator_label"]),
    ([f"{CTR}.task_space_indicator_label=download", f"{CTR}.in_task_space_weight=-1"], ["expected 0 or more, got -1"]),
    ([f"{CVR}.sample_weight=kost"], ['no column is called "kost"', 'Did you mean "cost"?']),
    ([f"{CVR}.sample_weight=cost", f"{CVR}.use_sample_weight=false"], ["use_sample_weight is false; expected one"]),
    # metrics and export
    (["eval_config.metrics_set={gauc {uid_field: 'usr'}}"], ['no column is called "usr"']),
    (["eval_config.metrics_set={gauc {}}"], ["uid_field is missing"]),
    (["eval_config.metrics_set={gauc {uid_field: 'user' reduction: 'men'}}"], ['"men"', 'Did you mean "mean"?']),
    (["eval_config.metrics_set={session_auc {}}"], ["session_id_field is missing: expected the column of the session"]),
    (["eval_config.metrics_set={session_auc {session_id_field: 'age'}}"], ["session_id_field", '"age" is FLOAT']),
    (["eval_config.metrics_set={precision {threshold: 1}}"], ["threshold: expected a number in (0, 1), got 1"]),
    (["eval_config.metrics_set={recall_at_topk {topk: 0}}"], ["recall_at_topk.topk: expected 1 or more, got 0"]),
    (["eval_config.metrics_set=[{auc {}}, {auc {}}]"], ["auc is given already"]),
    (["eval_config.metrics_set={}"], ["is empty; expected one of auc, gauc"]),
    ([f"{CTR}.metrics_set={{gauc {{uid_field: 'usr'}}}}"], ['no column is called "usr"']),
    (["export_config.gate_metric=auc_cvr"], ['gives no metric "auc_cvr"', "auc_cvr_masked"]),
    (
        ["export_config.gate_metric=auc_ctr", "export_config.gate_max_drop=-.1"],
        ["gate_max_drop: expected 0 or more, got -0.1"],
    ),
    (["train_config.fine_tune_ckpt_var_map=gone.txt"], ['fine_tune_ckpt_var_map: there is no file "gone.txt"']),
    (["export_config.asset_files=['gone.txt']"], ['asset_files[0]: there is no file "gone.txt" (paths start at']),
    (["export_config.asset_files=['s3://b/x']"], ["asset_files[0]: "]),
    (["export_config.exporter_type=bst"], ['expected final, latest or best, got "bst"', 'Did you mean "best"?']),
    (["export_config.exporter_type=best"], ["best_exporter_metric is missing"]),
    (["export_config.enable_early_stop=true"], ["best_exporter_metric is missing", "auc_ctr"]),
    (
        ["export_config.exporter_type=best", "export_config.best_exporter_metric=auc_cvr"],
        ['no metric "auc_cvr"', "auc_cvr_masked", "Did you mean"],
    ),
    (
        ["export_config.exporter_type=best", "export_config.best_exporter_metric=log_loss_ctr"],
        ['metric_bigger: expected false for "log_loss_ctr"'],
    ),
    (
        ["export_config.exporter_type=best", "export_config.best_exporter_metric=calibration_ctr"],
        ["is right at 1"],
    ),
    (
        [
            "export_config.enable_early_stop=true",
            "export_config.best_exporter_metric=auc_ctr",
            "export_config.max_check_steps=0",
        ],
        ["max_check_steps: expected more than 0"],
    ),
    # training
    (["train_config.num_steps=0"], ["num_steps: training would not end"]),
    (["train_config.save_checkpoints_steps=0"], ["expected more than 0"]),
    (["train_config.keep_checkpoint_max=0"], ["expected more than 0"]),
    (["train_config.log_step_count_steps=0"], ["expected more than 0"]),
    (["train_config.gradient_clipping_by_norm=-1"], ["expected 0 or more"]),
    (
        ["train_config.train_distribute=PSStrategy", "data_config.holdout_fraction=0.1"],
        ["data_config.holdout_fraction: ParameterServerStrategy cannot leave out rows"],
    ),
    (
        ["train_config.train_distribute=PSStrategy", "model_dir='out/run[1]'"],
        ["model_dir: ParameterServerStrategy reads checkpoints on the servers", "choose a path without them"],
    ),
    (["data_config.worker_split=BY_ROW"], ["worker_split: BY_ROW is for MultiWorkerMirroredStrategy"]),
    (
        ["train_config.train_distribute=PSStrategy", "train_config.jit_compile=true"],
        ["jit_compile: XLA cannot compile the sums over replicas of ParameterServerStrategy"],
    ),
    (
        ["train_config.train_distribute=MirroredStrategy", "train_config.jit_compile=true"],
        ["jit_compile: XLA cannot compile the sums over replicas of MirroredStrategy", "or train_distribute to NoS"],
    ),
    (
        ["train_config.train_distribute=TPUStrategy"],
        ["data_config.drop_remainder: a TPU takes batches of one size: expected true with TPUStrategy"],
    ),
    (
        [
            "train_config.train_distribute=TPUStrategy",
            "data_config.drop_remainder=true",
            "train_config.jit_compile=true",
        ],
        ["jit_compile: TPUStrategy compiles the whole step by itself; set it to false"],
    ),
    ([f"{ADAM}.constant_learning_rate.learning_rate=0"], ["learning_rate: expected more than 0"]),
    (["train_config.optimizer_config.adam_optimizer.beta1=1"], ["beta1: expected a number in [0, 1), got 1"]),
    (["train_config.optimizer_config.adagrad_optimizer.initial_accumulator_value=-1"], ["expected 0 or more"]),
    (["train_config.optimizer_config.ftrl_optimizer.learning_rate_power=1"], ["expected 0 or less"]),
    ([f"{ADAM}.exponential_decay_learning_rate.decay_steps=0"], ["decay_steps: expected more than 0"]),
    ([f"{ADAM}.exponential_decay_learning_rate.decay_factor=1.5"], ["expected a number in (0, 1], got 1.5"]),
    ([f"{ADAM}.exponential_decay_learning_rate.min_learning_rate=1"], ["at most initial_learning_rate"]),
    ([f"{ADAM}.exponential_decay_learning_rate.burnin_learning_rate=.1"], ["needs burnin_steps"]),
    (
        [f"{ADAM}.cosine_decay_learning_rate.total_steps=10000"],
        ["warmup_steps + hold_base_rate_steps, 10000, got 10000"],
    ),
    ([f"{ADAM}.cosine_decay_learning_rate.warmup_learning_rate=1"], ["at most learning_rate_base"]),
    ([f"{ADAM}={{ manual_step_learning_rate {{ }} }}"], ["manual_step_learning_rate: schedule is missing"]),
    (
        [f"{ADAM}={{ manual_step_learning_rate {{ schedule {{ step: 0 }} }} }}"],
        ["schedule[0].step: expected more than 0, got 0"],
    ),
    (
        [f"{ADAM}={{ manual_step_learning_rate {{ schedule {{ step: 5 }} schedule {{ step: 5 }} }} }}"],
        ["schedule[1].step: expected more than the step before, 5, got 5"],
    ),
    (
        [f"{ADAM}={{ poly_decay_learning_rate {{ learning_rate_base: 1 power: 1 }} }}"],
        ["total_steps: expected more than 0, got 0"],
    ),
    (
        [f"{ADAM}={{ transformer_learning_rate {{ learning_rate_base: 1 warmup_steps: 9 }} }}"],
        ["hidden_size: expected more than 0, got 0"],
    ),
    (["train_config.optimizer_config.adamw_optimizer.weight_decay=-1"], ["weight_decay: expected a number in [0, 1)"]),
    (["train_config.optimizer_config.rms_prop_optimizer.epsilon=0"], ["epsilon: expected more than 0"]),
    (
        ["model_config.variational_dropout.regularization_lambda=-1"],
        ["variational_dropout.regularization_lambda: expected 0 or more, got -1"],
    ),
    (['train_config.freeze_gradient=""'], ["freeze_gradient[0]: expected a regular expression, got an empty one"]),
    (["train_config.freeze_gradient=a(b"], ['freeze_gradient[0]: expected a regular expression, got "a(b": missing )']),
    (["train_config.freeze_gradient=(?!user)emb"], ['references to groups are not taken; got "(?!"']),
    (["train_config.freeze_gradient=(a)\\1"], ["references to groups are not taken; got"]),
    ([f"train_config.freeze_gradient={'a' * 1001}"], ["expected at most 1000 characters, got 1001"]),
    (["train_config.freeze_gradient=(a{600}){6000}"], ["expected at most 1000 repetitions of a part"]),
    (
        ["train_config.optimizer_config.embedding_learning_rate_multiplier=0"],
        ["embedding_learning_rate_multiplier: expected more than 0, got 0"],
    ),
    (
        ["train_config.optimizer_config=[{ sgd_optimizer { } }, { sgd_optimizer { } }, { sgd_optimizer { } }]"],
        [
            "expected one optimizer, or two: the first for embeddings, the second for all other weights",
            "Got 3 without it",
        ],
    ),
    (
        ["train_config.optimizer_config.of_first_order_weights=true"],
        ["optimizer_config[0]: is of first-order weights alone; expected an optimizer of all others beside it"],
    ),
    (
        [
            "train_config.optimizer_config=[{ sgd_optimizer { } }, "
            "{ sgd_optimizer { } of_first_order_weights: true }, { sgd_optimizer { } of_first_order_weights: true }]"
        ],
        ["optimizer_config[2]: is the second one of first-order weights; expected one of them."],
    ),
    (
        [
            "train_config.optimizer_config=[{ sgd_optimizer { } }, "
            "{ sgd_optimizer { } embedding_learning_rate_multiplier: 2 }]"
        ],
        ["optimizer_config[1].embedding_learning_rate_multiplier: this optimizer is for all weights but embeddings"],
    ),
]


@pytest.mark.parametrize(("overrides", "parts"), BY_OVERRIDE, ids=lambda case: str(case[0])[:70])
def test_one_mistake_one_line(report, overrides, parts):
    lines = report(overrides=overrides)
    assert len(lines) == 1, "\n".join(lines)
    for part in parts:
        assert part in lines[0]
