import pytest


@pytest.fixture
def second_factor_required(settings):
    """As off loopback."""
    settings.SECOND_FACTOR_REQUIRED = True
