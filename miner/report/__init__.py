"""The page and the figures that an index or a run leaves behind: one file each, no scripts."""
