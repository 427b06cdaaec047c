"""What holds for every test."""

import os

from hypothesis import settings

# A machine that is busy is no fault of the code; CI asks the same every time, whoever develops asks anew.
settings.register_profile("filterdns", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("filterdns")
