"""Files of clinics that somebody of the staff sent, kept until they said yes, for a day at most."""

from typing import Final

from portal.kept_files import KeptFiles

_FILES: Final = KeptFiles("clinic-files", 24 * 60 * 60)
keep = _FILES.keep
find = _FILES.find
discard = _FILES.discard
