import pytest
from facelib.settings import ApiSettings, DetectorSettings, SettingsError


def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JOBS_TABLE", raising=False)
    with pytest.raises(SettingsError, match=r"ApiSettings: .*JOBS_TABLE: Field required"):
        ApiSettings.from_environment()


def test_a_value_that_makes_no_sense_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in DetectorSettings.model_fields:
        monkeypatch.setenv(name.upper(), "5")
    with pytest.raises(SettingsError, match="QUALITY: Input should be 'fast', 'balanced' or 'thorough'"):
        DetectorSettings.from_environment()
    monkeypatch.setenv("QUALITY", "fast")
    assert DetectorSettings.from_environment().lease_seconds == 5
