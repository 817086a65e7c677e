"""Where each room's pages hang. Addresses are stable: links in mails and on paper point at them."""

from django.urls import include, path

from api.urls import page_patterns as developer_pages
from config import errors, health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/", include("accounts.urls")),
    path("api/v1/", include("api.urls")),
    *developer_pages,
    path("", include("portal.urls")),
    path("", include("referrals.urls")),
    path("", include("directory.urls")),
    path("", include("guide.urls")),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler429 = errors.too_many
handler500 = errors.broken
