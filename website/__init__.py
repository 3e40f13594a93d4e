"""What the site of the documents is made with: pages that are generated, for `make docs`."""
