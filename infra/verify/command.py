"""Tests a deployed service from end to end, and prints the results."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated

import httpx
import typer
from facelib.stores.access.api_keys import KeyStore

from infra.aws import stack as stacks
from infra.aws.account import region
from infra.errors import CommandFailed
from infra.keys import new_key
from infra.local.layout import DEFAULT_PORT, SAMPLE_PHOTO, LocalStack
from infra.options import Environment, Port, whole_number
from infra.target import choose_stack
from infra.verify.checks import Check, checks
from infra.verify.service import TIMEOUT_SECONDS, Failed, Service

_OWNER = "verify"
# Numbers of parallel clients and of listeners. They are smaller locally, because the local stack starts a process per
# simultaneous request.
_ON_AWS = (20, 300)
_LOCALLY = (4, 30)


def verify(
    environment: Environment = None,
    port: Port = DEFAULT_PORT,
    clients: Annotated[
        int | None,
        typer.Option("--clients", parser=whole_number, help="Number of parallel clients; 20 on AWS, 4 locally."),
    ] = None,
    listeners: Annotated[
        int | None,
        typer.Option("--listeners", parser=whole_number, help="Number of listeners; 300 on AWS, 30 locally."),
    ] = None,
) -> int:
    """Test a deployed service from end to end."""
    name = choose_stack(environment, LocalStack(port), "verify")
    chosen = region()
    stack = stacks.find(name)
    if stack is None or not stack.is_deployed:
        raise CommandFailed(f"The stack {name} is not deployed in {chosen}.")
    usual = _ON_AWS if environment else _LOCALLY
    with _temporary_key(stack.outputs) as key:
        failed = asyncio.run(_run(dict(stack.outputs), chosen, key, checks(clients or usual[0], listeners or usual[1])))
    print(f"\nFailed checks: {failed}." if failed else "\nAll checks passed. Continue with docs/first-deployment.md")
    return 1 if failed else 0


@contextmanager
def _temporary_key(outputs: Mapping[str, str]) -> Iterator[str | None]:
    """Create a key if the service requires one, and remove it afterwards."""
    if outputs["Access"] != "keys":
        yield None
        return
    stored, key = new_key(_OWNER, "send,read,manage", None, 1)
    keys = KeyStore(outputs["KeysTableName"])
    keys.add(stored)
    try:
        yield key
    finally:
        keys.remove(stored.key_id)


async def _run(outputs: dict[str, str], chosen: str, key: str | None, all_checks: Sequence[Check]) -> int:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with httpx.AsyncClient(
        base_url=outputs["HttpUrl"], headers=headers, timeout=TIMEOUT_SECONDS, limits=httpx.Limits(max_connections=20)
    ) as http:
        service = Service(outputs, chosen, key, SAMPLE_PHOTO.read_bytes(), http)
        before = await _jobs(service)
        failed = [check.name for check in all_checks if not await _passes(check, service)]
        for job_id in await _jobs(service) - before:
            await http.delete(f"/jobs/{job_id}")
    return len(failed)


async def _passes(check: Check, service: Service) -> bool:
    try:
        seen = await check.run(service)
    except Exception as error:  # noqa: BLE001 - any error is the check's result, and the others still run
        print(f"FAILED  {check.name:<20} {error if isinstance(error, Failed) else repr(error)}\n        {check.hint}")
        return False
    print(f"ok      {check.name:<20} {seen}", flush=True)
    return True


async def _jobs(service: Service) -> set[str]:
    """Return the ids of the latest jobs; those that the checks have added are deleted at the end."""
    response = await service.http.get("/jobs", params={"limit": 100})
    return {job["job_id"] for job in response.json()["jobs"]} if response.status_code == 200 else set()
