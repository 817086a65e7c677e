"""What the tests of this room share."""

import pytest

from tests.smtp import smtp_server

__all__ = ["smtp_server"]


@pytest.fixture
def anchors(settings, tmp_path):
    """The anchor file of this test alone."""
    settings.DATA_DIR = tmp_path
    return tmp_path / "audit.anchor"
