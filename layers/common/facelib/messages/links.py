"""URLs of the API that are stable until the job expires."""


def job_url(public_url: str, job_id: str) -> str:
    return f"{public_url}/jobs/{job_id}"


def processed_image_url(public_url: str, job_id: str) -> str:
    """Return the URL of a job's result, which redirects to a presigned URL."""
    return f"{job_url(public_url, job_id)}/processed-image"
