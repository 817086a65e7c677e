"""Only somebody of the operator's staff makes the site read a large body."""

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

pytestmark = pytest.mark.django_db
SIGN_IN = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.mark.parametrize("address", list(settings.FILE_ADDRESSES))
@pytest.mark.parametrize("who", ["made-up cookie", "stranger", "staff"])
def test_a_large_body_is_read_for_the_staff_alone(address, who, request):
    client = Client(raise_request_exception=False)
    if who == "made-up cookie":
        client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    else:
        client.force_login(request.getfixturevalue(who), SIGN_IN)
    large = SimpleUploadedFile("a.csv", b"a" * (3 * 1024 * 1024))
    status = client.post(address, {"file": large}).status_code
    assert (status in (400, 413) and who != "staff") or (status in (404, 422) and who == "staff")
