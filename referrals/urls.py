"""The pages of this room: asking a clinic, and the private page that shows what became of it."""

from django.urls import URLPattern, URLResolver, path

from referrals.views import ask, send, status

urlpatterns: list[URLPattern | URLResolver] = [
    path("clinic/<slug:slug>/ask/", ask.start, name="ask"),
    path("clinic/<slug:slug>/ask/<int:number>/", ask.step, name="ask-step"),
    path("clinic/<slug:slug>/ask/under-18/", ask.under_18, name="ask-under-18"),
    path("clinic/<slug:slug>/ask/check/", send.check, name="ask-check"),
    path("clinic/<slug:slug>/ask/sent/", send.sent, name="ask-sent"),
    path("r/<str:token>/", status.page, name="status"),
    path("r/<str:token>/answer/", status.answer, name="status-answer"),
    path("r/<str:token>/take-back/", status.take_back, name="status-take-back"),
    path("r/<str:token>/leave/", status.leave, name="status-leave"),
    path("left/", status.left, name="left"),
]
