"""Addresses for machines, under /api/v1/, and the pages that explain them."""

from django.urls import URLPattern, URLResolver, path

from api import pages
from api.rest.clinics import ClinicChecks, ClinicDetail, ClinicList
from api.rest.description import Description
from api.rest.mine import MyClinic, MyClinics

urlpatterns: list[URLPattern | URLResolver] = [
    path("clinics/", ClinicList.as_view(), name="api-clinics"),
    path("clinics/<slug:slug>/", ClinicDetail.as_view(), name="api-clinic"),
    path("clinics/<slug:slug>/checks/", ClinicChecks.as_view(), name="api-clinic-checks"),
    path("mine/clinics/", MyClinics.as_view(), name="api-my-clinics"),
    path("mine/clinics/<slug:slug>/", MyClinic.as_view(), name="api-my-clinic"),
    path("openapi.json", Description.as_view(), name="openapi"),
    path("docs/", pages.explorer, name="api-docs"),
]

# At the root of the site: config.urls includes these beside the others.
page_patterns: list[URLPattern | URLResolver] = [
    path("developers/", pages.developers, name="developers"),
]
