"""The site's addresses, what each asks of whoever comes, and what stands for its parameters."""

from dataclasses import dataclass
from typing import Final

from tests.roles import rules
from tests.roles.rules import Rule


@dataclass(frozen=True)
class Address:
    """`of`: the method of tests.roles.objects.Objects that fills in its parameters; `extra`: fixed ones.

    `methods`: those that the page knows; all others are 405. `doubtful`: IN may also be a 404 of the page itself, for
    want of a row that the matrix does not make.
    """

    rule: Rule
    of: str = "nothing"
    methods: str = "GET"
    extra: tuple[tuple[str, str], ...] = ()
    doubtful: bool = False
    when_posting: Rule | None = None

    def wants(self, method: str, principal: str, relation: str) -> str:
        """The word that its rule has for a knock."""
        rule = self.when_posting if method == "POST" and self.when_posting else self.rule
        return rule(principal, relation)


def _public(of: str = "nothing", methods: str = "GET", **extra: str) -> Address:
    return Address(rules.anybody, of, methods, tuple(extra.items()))


def _account(methods: str = "GET POST", **extra: str) -> Address:
    return Address(rules.own_account, "nothing", methods, tuple(extra.items()), doubtful=True)


def _staff(of: str = "nothing", methods: str = "GET", *, doubtful: bool = False, **extra: str) -> Address:
    return Address(rules.operator, of, methods, tuple(extra.items()), doubtful)


def _member(of: str = "slug", methods: str = "GET", **extra: str) -> Address:
    return Address(rules.member, of, methods, tuple(extra.items()))


def _manager(of: str = "slug", methods: str = "GET", **extra: str) -> Address:
    return Address(rules.manager, of, methods, tuple(extra.items()))


ADDRESSES: Final[dict[str, Address]] = {
    # anybody
    "": _public(),
    "search/": _public(),
    "near-me/": _public(methods="POST"),
    "clinic/<slug>/": _public("slug"),
    "clinic/<slug>/checks/": _public("slug"),
    "report/<slug>/": _public("slug", "GET POST"),
    "report/answer/<token>/": Address(rules.nobody, "token"),
    "clinic/<slug>/remove/": Address(rules.known_clinic, "slug", "GET POST"),
    "clinic/<slug>/remove/asked/": Address(rules.known_clinic, "slug"),
    "crisis/": _public(),
    "about/checks/": _public(),
    "about/privacy/": _public(),
    "about/accessibility/": _public(),
    "about/money/": _public(),
    "about/terms/": _public(),
    "developers/": _public(),
    "healthz": _public(),
    "readyz": _public(),
    "left/": _public(),
    # a request, by whoever has a browser
    "clinic/<slug>/ask/": _public("slug"),
    "clinic/<slug>/ask/<number>/": _public("slug", "GET POST", number="1"),
    "clinic/<slug>/ask/under-18/": _public("slug"),
    "clinic/<slug>/ask/check/": _public("slug", "GET POST"),
    "clinic/<slug>/ask/sent/": _public("slug"),
    # the private link is the only key
    "r/<token>/": Address(rules.bearer, "token"),
    "r/<token>/answer/": Address(rules.bearer, "token", "POST"),
    "r/<token>/take-back/": Address(rules.bearer, "token", "GET POST"),
    "r/<token>/leave/": Address(rules.everybody, "token", "POST"),
    # machines
    "api/v1/clinics/": _public(),
    "api/v1/clinics/<slug>/": _public("slug"),
    "api/v1/clinics/<slug>/checks/": _public("slug"),
    "api/v1/mine/clinics/": Address(rules.by_key),
    "api/v1/mine/clinics/<slug>/": Address(rules.by_key, "slug", "GET PATCH"),
    "api/v1/openapi.json": _public(),
    "api/v1/docs/": _public(),
    # signing in
    "accounts/login/": _public(methods="GET POST"),
    "accounts/logout/": _public(methods="GET POST"),
    "accounts/signup/": _public(methods="GET POST"),
    "accounts/reauthenticate/": _account(),
    "accounts/email/": Address(
        rules.own_account, methods="GET POST", when_posting=rules.own_account_with_both_factors
    ),
    "accounts/email/confirm/<token>/": Address(rules.nothing_but_own, "token"),
    "accounts/email/return/<token>/": Address(rules.nobody, "token", "GET POST"),
    "accounts/password/change/": _account(),
    "accounts/password/reset/": _public(methods="GET POST"),
    "accounts/password/reset/done/": _public(),
    "accounts/password/reset/key/<uidb36>-<key>/": _public(
        methods="GET POST", uidb36="1", key="set-password"
    ),
    "accounts/password/reset/key/done/": _public(),
    "accounts/2fa/": _account("GET"),
    "accounts/2fa/authenticate/": _account(),
    "accounts/2fa/reauthenticate/": _account(),
    "accounts/2fa/totp/activate/": _account(),
    "accounts/2fa/totp/deactivate/": _account(),
    "accounts/2fa/recovery-codes/": _account("GET"),
    "accounts/2fa/recovery-codes/generate/": _account(),
    "accounts/2fa/set-up/": _account("GET"),
    "accounts/2fa/done/": _account("GET"),
    "accounts/2fa/webauthn/add/": _account(),
    "accounts/2fa/webauthn/keys/<pk>/edit/": _account(pk="987654321"),
    "accounts/2fa/webauthn/keys/<pk>/remove/": _account(pk="987654321"),
    "accounts/2fa/webauthn/login/": Address(rules.by_another_way, methods="GET POST"),
    "accounts/2fa/webauthn/reauthenticate/": _account(),
    "accounts/confirm-email/": Address(rules.by_another_way, methods="GET POST"),
    "accounts/inactive/": _public(),
    "accounts/keep/": _public(),
    "accounts/sign-ins/": _account("GET"),
    "accounts/sign-ins/<pk>/end/": _account("POST", pk="987654321"),
    "accounts/sign-ins/end-others/": _account("POST"),
    # the clinic
    "manage/": Address(rules.signed_in),
    "manage/names/": Address(rules.signed_in, methods="POST"),
    "manage/inbox/<pk>/": _member("referral"),
    "manage/inbox/<pk>/open/": _member("referral", "POST"),
    "manage/inbox/<pk>/<verb>/": _member("referral", "POST", verb="decline"),
    "manage/checks/": Address(rules.signed_in),
    "manage/checks/<slug>/": _member(),
    "manage/checks/<slug>/<pk>/answer/": _member("answered_check", "POST"),
    "manage/clinics/<slug>/close/": _manager("slug", "GET POST"),
    "manage/attest/<pk>/": _member("clinic_key"),
    "manage/claim/": Address(rules.not_the_operator),
    "manage/claim/<slug>/": Address(rules.not_the_operator, "slug", "GET POST"),
    "manage/claim/new/": Address(rules.signed_in, methods="GET POST"),
    "manage/claims/<pk>/": Address(rules.claimant, "claim"),
    "manage/claims/<pk>/<verb>/": Address(rules.claimant, "claim", "POST", (("verb", "withdraw"),)),
    "manage/claims/<pk>/object/": Address(rules.manager_told, "claim", "GET POST"),
    "manage/clinics/": Address(rules.signed_in),
    "manage/clinics/<slug>/": _member(),
    "manage/clinics/<slug>/attest/": _member("slug", "GET POST"),
    "manage/clinics/<slug>/changes/<pk>/withdraw/": Address(rules.whoever_asked, "change", "POST"),
    "manage/clinics/<slug>/close/take-back/": _manager("slug", "POST"),
    "manage/clinics/<slug>/edit/<section>/": _member("slug", "GET POST", section="hours"),
    "manage/clinics/<slug>/history/": _member(),
    "manage/clinics/<slug>/history/<pk>/undo/": _member("edit", "POST"),
    "manage/clinics/<slug>/numbers/": _member(),
    "manage/clinics/<slug>/pause/": _member("slug", "GET POST"),
    "manage/clinics/<slug>/preview/": _member(),
    "manage/clinics/<slug>/send/": _manager("slug", "POST"),
    "manage/clinics/<slug>/terms/": _manager("slug", "GET POST"),
    "manage/keys/": Address(rules.any_manager, methods="GET POST"),
    "manage/keys/<pk>/end/": Address(rules.claimant, methods="POST", extra=(("pk", "987654321"),)),
    "manage/organization/": Address(rules.signed_in),
    "manage/organization/<pk>/": Address(rules.managers_of_practice, "practice"),
    "manage/organization/<pk>/close/": Address(rules.managers_of_practice, "practice", "GET POST"),
    "manage/organization/<pk>/file/": Address(rules.managers_of_practice, "practice", "GET POST"),
    "manage/organization/<pk>/file/<key>/": Address(
        rules.managers_of_practice, "practice", "GET POST", (("key", "none"),), True
    ),
    "manage/organization/<pk>/file/sites.csv": Address(rules.managers_of_practice, "practice"),
    "manage/organization/<pk>/pause/": Address(rules.managers_of_practice, "practice", "GET POST"),
    "manage/organization/<pk>/shared/": Address(rules.managers_of_practice, "practice", "GET POST"),
    "manage/team/": Address(rules.signed_in),
    "manage/team/<pk>/": Address(rules.practice, "practice"),
    "manage/team/<pk>/invite/": Address(rules.managers_of_practice, "practice", "GET POST"),
    "manage/team/<pk>/leave/": Address(rules.practice, "practice", "GET POST"),
    "manage/team/<pk>/invitations/<invitation>/end/": Address(rules.managers_of_all, "invitation", "POST"),
    "manage/team/<pk>/people/<member>/": Address(rules.managers_first, "person"),
    "manage/team/<pk>/people/<member>/change/": Address(rules.managers_of_that_person, "person", "POST"),
    "manage/team/<pk>/people/<member>/remove/": Address(rules.managers_of_that_person, "person", "POST"),
    "manage/team/<pk>/people/<member>/reset/": Address(rules.managers_of_that_person, "person", "POST"),
    "join/<token>/": Address(rules.nobody, "token", "GET POST"),
    # the operator's staff
    "staff/claims/<pk>/": _staff("claim"),
    "staff/claims/<pk>/<verb>/": _staff("claim", "POST", verb="refuse"),
    "staff/opt-outs/": _staff(),
    "staff/opt-outs/<pk>/lift/": _staff("opt_out", "POST"),
    "staff/people/": _staff(methods="GET POST"),
    "staff/people/<pk>/end/": _staff("user", "POST"),
    "staff/people/<pk>/reset/": _staff("user", "POST"),
    "staff/": _staff(),
    "staff/answers/<pk>/": _staff("reply"),
    "staff/answers/<pk>/<verb>/": _staff("reply", "POST", verb="show"),
    "staff/cases/open/": _staff(methods="POST"),
    "staff/cases/<pk>/": _staff("case"),
    "staff/cases/<pk>/evidence/": _staff("case", "POST"),
    "staff/cases/<pk>/<verb>/": _staff("case", "POST", verb="take"),
    "staff/evidence/<pk>/": _staff("case", doubtful=True),
    "staff/lapse-stops/<pk>/": _staff("case", "POST", doubtful=True),
    "staff/candidates/": _staff(),
    "staff/candidates/template.csv": _staff(),
    "staff/candidates/new/": _staff(methods="GET POST"),
    "staff/candidates/file/": _staff(methods="GET POST"),
    "staff/candidates/file/<key>/": _staff(methods="GET POST", doubtful=True, key="none"),
    "staff/candidates/<slug>/": _staff("slug", doubtful=True),
    "staff/candidates/<slug>/merge/": _staff("slug", "POST", doubtful=True),
    "staff/clinics/<slug>/close/": _staff("slug", "GET POST"),
    "staff/undelivered/": _staff(),
    "staff/undelivered/<pk>/again/": _staff("dead_letter", "POST"),
    "staff/undelivered/<pk>/give-up/": _staff("dead_letter", "POST"),
}
