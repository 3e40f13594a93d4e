"""EasyRec's models, and ours with a name, rewritten to `rank_model`."""
