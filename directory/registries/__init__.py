"""What public registries say, read from the files they publish: one shape for all of them.

A registry is a value that names its table and its columns; `loading.load` does the rest:

    LICENSES_OF_EXAMPLE = Registry(
        name="license:EX",                     # how RegistryFile.registry names it
        model=BoardLicense,                    # a table with one text key
        columns=(
            Column("number", ("License Number", "LicNo")),
            Column("expires_on", ("Expiration Date",), parse=fields.day("%m/%d/%Y"), required=False),
            Combined("key", (("License Number", "LicNo"),), lambda cells: f"EX {cells[0]}"),
        ),
        constants={"board": "EX", "state": "EX"},   # the same in every row
        scope=("board",),                      # the part of the table that this file replaces
        stops=(too_many_turn_invalid,),        # (Staged) -> sentences; any sentence holds the file
        finish=open_cases,                     # (Staged) -> None; in the transaction of the swap, after it
    )
    file = load(LICENSES_OF_EXAMPLE, path, source_date=day)

A file is read as a stream, its columns found by name, its rows checked in blocks and put into a staging table; then,
in one transaction, the table is made equal to it and only rows that differ are written. Whatever goes wrong before
that commits leaves the table as it was, and the same command again is the way to go on.
"""

from directory.registries.loading import load
from directory.registries.shape import Column, Combined, Registry
from directory.registries.staging import Staged

__all__ = ["Column", "Combined", "Registry", "Staged", "load"]
