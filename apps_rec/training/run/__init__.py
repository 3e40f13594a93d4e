"""The folder of a run: what stands where, who may write there, checkpoints and where in the data they stand."""
