import pytest
from facelib.domain.job import Quality
from facelib.settings import ApiSettings, DetectorSettings, SettingsError


def test_a_missing_variable_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JOBS_TABLE", raising=False)
    with pytest.raises(SettingsError, match=r"ApiSettings: .*JOBS_TABLE: Field required"):
        ApiSettings.from_environment()


def test_an_invalid_value_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in DetectorSettings.model_fields:
        monkeypatch.setenv(name.upper(), "5")
    with pytest.raises(SettingsError, match="QUALITY: Input should be 'fast', 'balanced' or 'thorough'"):
        DetectorSettings.from_environment()
    monkeypatch.setenv("QUALITY", "fast")
    monkeypatch.setenv("IS_PROCESSOR_SHARED", "true")
    assert DetectorSettings.from_environment().lease_seconds == 5


@pytest.mark.parametrize(
    ("is_shared", "megabytes", "threads"), [(True, 1_769, 1), (True, 512, 1), (True, 3_538, 2), (False, 1_769, None)]
)
def test_the_detector_uses_one_thread_per_processor_on_lambda(
    is_shared: bool, megabytes: int, threads: int | None
) -> None:
    settings = DetectorSettings(
        jobs_table="jobs",
        originals_bucket="originals",
        results_bucket="results",
        detector="best",
        quality=Quality.FAST,
        lease_seconds=30,
        public_url="",
        is_processor_shared=is_shared,
        aws_lambda_function_memory_size=megabytes,
    )
    assert settings.threads == threads
