"""The pages of this room."""

from django.urls import URLPattern, URLResolver, path

from directory.views import home, near_me, profile, results

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("search/", results.results, name="search"),
    path("near-me/", near_me.near_me, name="near-me"),
    path("clinic/<slug:slug>/", profile.clinic, name="clinic"),
    path("clinic/<slug:slug>/checks/", profile.clinic_checks, name="clinic-checks"),
]
