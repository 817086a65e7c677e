"""The signed-in pages: clinics under /manage/, the operator's staff under /staff/."""

from django.urls import URLPattern, URLResolver, path

from portal.views import candidate_files, candidates, case, checks, closing, inbox, queue, referral, staff

urlpatterns: list[URLPattern | URLResolver] = [
    path("manage/", inbox.inbox, name="inbox"),
    path("manage/names/", inbox.names, name="inbox-names"),
    path("manage/inbox/<uuid:pk>/", referral.page, name="inbox-referral"),
    path("manage/inbox/<uuid:pk>/open/", referral.open_it, name="inbox-open"),
    path("manage/inbox/<uuid:pk>/<slug:verb>/", referral.act, name="inbox-act"),
    path("staff/", queue.queue, name="staff"),
    path("staff/cases/open/", queue.open_case, name="staff-open-case"),
    path("staff/cases/<int:pk>/", case.page, name="staff-case"),
    path("staff/cases/<int:pk>/evidence/", case.upload, name="staff-case-evidence"),
    path("staff/cases/<int:pk>/<slug:verb>/", case.act, name="staff-case-act"),
    path("staff/evidence/<int:pk>/", case.download, name="staff-evidence"),
    path("staff/lapse-stops/<int:pk>/", queue.decide_lapse_stop, name="staff-lapse-stop"),
    path("manage/checks/", checks.mine, name="manage-my-checks"),
    path("manage/checks/<slug:slug>/", checks.page, name="manage-checks"),
    path("manage/checks/<slug:slug>/<int:pk>/answer/", checks.reply, name="manage-reply"),
    path("staff/answers/<int:pk>/", checks.answer, name="staff-reply"),
    path("staff/answers/<int:pk>/<slug:verb>/", checks.decide_answer, name="staff-decide-reply"),
    path("staff/candidates/", candidates.listing, name="staff-candidates"),
    path("staff/candidates/template.csv", candidate_files.template, name="staff-candidates-template"),
    path("staff/candidates/new/", candidates.add, name="staff-candidates-add"),
    path("staff/candidates/file/", candidate_files.upload, name="staff-candidates-upload"),
    path("staff/candidates/file/<slug:key>/", candidate_files.file, name="staff-candidates-file"),
    path("staff/candidates/<slug:slug>/", candidates.candidate, name="staff-candidate"),
    path("staff/candidates/<slug:slug>/merge/", candidates.merge, name="staff-candidate-merge"),
    path("manage/clinics/<slug:slug>/close/", closing.by_manager, name="manage-close"),
    path("staff/clinics/<slug:slug>/close/", closing.by_staff, name="staff-close"),
    path("staff/undelivered/", staff.undelivered, name="staff-undelivered"),
    path("staff/undelivered/<uuid:pk>/again/", staff.try_again, name="staff-try-again"),
    path("staff/undelivered/<uuid:pk>/give-up/", staff.give_up, name="staff-give-up"),
]
