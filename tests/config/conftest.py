import pytest
from django.test import Client


@pytest.fixture
def trouble(settings):
    """A client of the site with views that go wrong; what they raise is answered, as it would be in use."""
    settings.ROOT_URLCONF = "tests.config.trouble"
    return Client(raise_request_exception=False)
