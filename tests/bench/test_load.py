"""The load scenario, shortened: no error, no endless queue, no request lost at the end. Times prove nothing here."""

import pytest

from bench import load


@pytest.mark.slow
def test_a_short_load_meets_every_target_that_is_no_time(capsys: pytest.CaptureFixture[str]) -> None:
    load.main(["--seconds", "20", "--rate", "5", "--remembered", "200"])
    said = capsys.readouterr().out
    missed = [line for line in said.splitlines() if line.startswith("- MISSED") and "p99" not in line]
    assert not missed, said
    assert said.count("- met") >= 6
