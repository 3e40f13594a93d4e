"""The peers' workers; they run in an environment of their own (requirements.txt)."""
