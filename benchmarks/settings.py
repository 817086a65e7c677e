"""The site as shipped, with two addresses more to measure it against, and no limit on how often one asks."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.bare"
API_READS_PER_MINUTE = 1_000_000_000
