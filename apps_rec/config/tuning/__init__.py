"""The space of values that `apps-rec tune` tries: read off a config, or made to fit its model, and checked."""
