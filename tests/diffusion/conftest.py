"""Hypothesis without deadlines: on a busy machine an example may take long, which is no failure."""

from hypothesis import settings

settings.register_profile("workbench", deadline=None)
settings.load_profile("workbench")
