"""What holds for every test."""

from hypothesis import settings

settings.register_profile("filterdns", deadline=None)  # a machine that is busy is no fault of the code
settings.load_profile("filterdns")
