"""The signed-in pages: clinics under /manage/, the operator's staff under /staff/."""

from django.urls import URLPattern, URLResolver, path

from portal.views import inbox, referral, staff

urlpatterns: list[URLPattern | URLResolver] = [
    path("manage/", inbox.inbox, name="inbox"),
    path("manage/names/", inbox.names, name="inbox-names"),
    path("manage/inbox/<uuid:pk>/", referral.page, name="inbox-referral"),
    path("manage/inbox/<uuid:pk>/open/", referral.open_it, name="inbox-open"),
    path("manage/inbox/<uuid:pk>/<slug:verb>/", referral.act, name="inbox-act"),
    path("staff/", staff.start, name="staff"),
    path("staff/undelivered/", staff.undelivered, name="staff-undelivered"),
    path("staff/undelivered/<uuid:pk>/again/", staff.try_again, name="staff-try-again"),
    path("staff/undelivered/<uuid:pk>/give-up/", staff.give_up, name="staff-give-up"),
]
