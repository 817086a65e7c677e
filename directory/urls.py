"""The pages of this room."""

from django.urls import URLPattern, URLResolver, path

from directory.views import about, checks, home, near_me, profile, remove, report, results, terms

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("search/", results.results, name="search"),
    path("near-me/", near_me.near_me, name="near-me"),
    path("clinic/<slug:slug>/", profile.clinic, name="clinic"),
    path("clinic/<slug:slug>/checks/", checks.clinic_checks, name="clinic-checks"),
    path("clinic/<slug:slug>/remove/", remove.remove, name="clinic-remove"),
    path("clinic/<slug:slug>/remove/asked/", remove.asked, name="clinic-remove-asked"),
    path("about/checks/", about.about_checks, name="about-checks"),
    path("about/terms/", terms.about_terms, name="about-terms"),
    path("report/<slug:slug>/", report.report, name="report"),
    path("report/answer/<str:token>/", report.answer, name="report-answer"),
]
