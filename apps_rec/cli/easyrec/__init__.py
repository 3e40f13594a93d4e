"""EasyRec's commands, as its users type them: `python -m apps_rec.train_eval --pipeline_config_path x.config`.

Each turns EasyRec's flags into the arguments of a function of this package, and calls it.
"""
