"""Data sets that people annotated, as annotations: they are composed like what tasks find."""
