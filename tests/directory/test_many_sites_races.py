"""Two managers with the same sites at once: neither waits for the other for ever, and no site has half of each."""

from functools import partial

import pytest

from directory import listings, many_sites, many_sites_file
from directory.models import Clinic
from tests import build
from tests.portal import a_chain
from tests.referrals.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_sites_chosen_in_any_order_end_with_the_values_of_one_manager():
    organization, first, clinics = a_chain.build(sites=4, staff=0)
    second = build.member(organization)
    for _ in range(3):
        edits = [
            partial(
                many_sites.edit_shared,
                organization=organization,
                clinics=order,
                by=by,
                values={"cost": f"As {by.pk} says.", "hours": f"As {by.pk} says."},
            )
            for by, order in ((first, clinics), (second, clinics[::-1])) * 2
        ]
        alone = partial(listings.edit, clinic=clinics[2], by=second, first_visit="An hour.")
        results = at_once(*edits, alone)
        assert not [result for result in results if isinstance(result, Exception)]
        assert len(set(Clinic.objects.values_list("cost", "hours"))) == 1


def test_a_file_that_is_carried_out_twice_is_done_once():
    organization, manager, clinics = a_chain.build(sites=3, staff=0)
    data = ("site,cost\n" + "".join(f"{clinic.slug},Ask.\n" for clinic in clinics)).encode()
    seen = many_sites_file.plan(data, organization=organization, by=manager).fingerprint
    once = partial(many_sites_file.carry_out, data, organization=organization, by=manager, seen=seen)
    results = at_once(*[once] * 4)
    assert sorted(type(result).__name__ for result in results) == ["Outcome"] + ["WrongState"] * 3
