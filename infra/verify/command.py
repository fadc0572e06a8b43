"""`python -m infra.verify.command`: use a deployed service as its users will, and print what works."""

import asyncio
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import httpx
from facelib.stores.access.api_keys import KeyStore

from infra.arguments import Arguments
from infra.aws import stack as stacks
from infra.aws.account import region
from infra.errors import CommandFailed, ending
from infra.keys import new_key
from infra.local.layout import DEFAULT_PORT, SAMPLE_PHOTO, LocalStack, port_number
from infra.target import choose_stack
from infra.verify.checks import Check, checks
from infra.verify.service import PATIENCE_SECONDS, Failed, Service

_OWNER = "verify"
# Clients and listeners at once; the local stack starts a process for each request that others are ahead of.
_ON_AWS = (20, 300)
_LOCALLY = (4, 30)


def verify(environment: str | None, local: LocalStack, clients: int | None, listeners: int | None) -> int:
    """Run every check, and return 1 if one fails. Raises CommandFailed, ClientError and BotoCoreError."""
    name = choose_stack(environment, local, "verify")
    chosen = region()
    stack = stacks.find(name)
    if stack is None or not stack.is_deployed:
        raise CommandFailed(f"The stack {name} is not deployed in {chosen}.")
    usual = _ON_AWS if environment else _LOCALLY
    with _temporary_key(stack.outputs) as key:
        failed = asyncio.run(_run(dict(stack.outputs), chosen, key, checks(clients or usual[0], listeners or usual[1])))
    print(f"\n{failed} checks failed." if failed else "\nAll checks passed. The rest: docs/first-deployment.md")
    return 1 if failed else 0


@contextmanager
def _temporary_key(outputs: Mapping[str, str]) -> Iterator[str | None]:
    """Make a key where the service requires one, and remove it afterwards."""
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
        base_url=outputs["HttpUrl"], headers=headers, timeout=PATIENCE_SECONDS, limits=httpx.Limits(max_connections=20)
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
    """Return the latest jobs; those that the checks made are deleted at the end."""
    response = await service.http.get("/jobs", params={"limit": 100})
    return {job["job_id"] for job in response.json()["jobs"]} if response.status_code == 200 else set()


def main() -> int:
    parser = Arguments(prog="python -m infra.verify.command", description=__doc__)
    parser.add_argument("--environment", help="section of samconfig.toml; default: the local stack")
    parser.add_argument("--port", type=port_number, default=os.environ.get("PORT", str(DEFAULT_PORT)))
    parser.add_argument("--clients", type=int, help="how many clients send at once; 20 on AWS, 4 locally")
    parser.add_argument("--listeners", type=int, help="how many listeners connect at once; 300 on AWS, 30 locally")
    arguments = parser.parse_args()
    return ending(
        lambda: verify(arguments.environment, LocalStack(arguments.port), arguments.clients, arguments.listeners)
    )


if __name__ == "__main__":
    sys.exit(main())
