"""apps_rec beside its peers: `make bench`."""
