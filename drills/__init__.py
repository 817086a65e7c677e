"""Faults on purpose, against real processes: what was promised is compared with what is stored. Run by hand."""
