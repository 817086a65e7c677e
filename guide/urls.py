"""The pages of this room."""

from django.urls import URLPattern, URLResolver, path

from guide import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("crisis/", views.crisis, name="crisis"),
    path("about/privacy/", views.about_privacy, name="about-privacy"),
    path("about/accessibility/", views.about_accessibility, name="about-accessibility"),
    path("about/money/", views.about_money, name="about-money"),
]
