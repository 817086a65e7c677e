"""What counts as "this machine alone": both where it listens and the address it is known by."""

import os
import subprocess
import sys

import pytest

from tests.config.site import OF_THE_SITE, ROOT

ASK = "from config import settings; print(settings.LOOPBACK, settings.SECOND_FACTOR_REQUIRED)"


def settings_with(tmp_path, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in OF_THE_SITE}
    return subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=ROOT,
        env={**kept, "DATA_DIR": str(tmp_path), **env},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("env", [{}, {"HOST": "::1"}, {"SITE_URL": "http://127.0.0.1:9000"}])
def test_a_site_that_only_this_machine_reaches_needs_no_keys_from_outside(tmp_path, env):
    assert settings_with(tmp_path, **env).stdout == "True False\n"


@pytest.mark.parametrize(
    "env",
    [
        {"HOST": "0.0.0.0"},
        {"SITE_URL": "https://clinics.example.org"},
        {"HOST": "127.0.0.1", "SITE_URL": "http://clinics.example.org"},
        {"HOST": "localhost.example.org"},
    ],
)
def test_a_site_that_others_reach_through_a_proxy_too_must_bring_its_keys(tmp_path, env):
    refused = settings_with(tmp_path, **env)
    assert refused.returncode == 1
    assert "must come from the environment" in refused.stderr
    assert not (tmp_path / "keys").exists()
