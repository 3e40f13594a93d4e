"""What the site of the documents is made with: pages and drawings that are generated, for `make docs`."""
