"""Our values beside a registry's, after each file: only differences make work.

    comparing.compare("leie")                           # after a load, or on a clock
    comparing.compare("leie", confirmed_by=verifier)    # after a hold

What a person had established and the file still says is renewed by itself, from the file's day. What the file ends (an
NPI deactivated, an NPI on the exclusion list, a license revoked or expired) ends at once. Everything else that differs
opens one case, with both values side by side, and changes nothing public.

If one file would end facts of more than 2 % of listed clinics, nothing at all is done until a person confirms it.
"""

from directory.comparing.applying import Outcome, compare
from directory.comparing.findings import Difference, Finding

__all__ = ["Difference", "Finding", "Outcome", "compare"]
