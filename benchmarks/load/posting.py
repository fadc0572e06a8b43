"""Measures how fast one process posts an event to many listeners: `python -m benchmarks.load.posting`.

Compares boto3 calls in 8 and in 32 threads with the broadcaster's method, alternating in one run.
The listeners are real WebSockets on a new emulator; the posting process is this one. The emulator's own time is
measured separately: its processor time, and a loop that sends prepared requests over open sockets.
"""

import argparse
import asyncio
import io
import json
import os
import statistics
import sys
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from socket import create_connection
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import quote, urlsplit

import boto3
import websockets
from botocore.config import Config
from facelib.domain.limits import FRAME_BYTES
from facelib.messages.events import event_of, frames
from facelib.stores.listeners.connections_api import ConnectionsApi
from facelib.stores.threads import THREADS

from infra.local.deploy import session
from infra.local.layout import LocalStack
from infra.local.server import running
from tests.support.stream import ended_job

Way = Callable[[Sequence[str]], object]

# Sends a listener its connection id, which API Gateway reveals only to the listener.
_POST: Final = """
def handler(event, _):
    print("requested")
    return {"statusCode": 200, "body": event["requestContext"]["connectionId"]}
"""
_ROUNDS: Final = 9
_FRAME: Final = next(frames([event_of(ended_job(), "https://faces.example")], FRAME_BYTES))


@contextmanager
def _gateway(port: int) -> Iterator[tuple[str, int]]:
    """Run an emulator with a WebSocket API that sends its listeners their ids; yield its callback URL and process."""
    with TemporaryDirectory() as folder:
        local_stack = LocalStack(port, folder=Path(folder))
        with running(local_stack) as pid:
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w") as archive:
                archive.writestr("post.py", _POST)
            clients = session(local_stack)
            trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            role = clients.client("iam").create_role(
                RoleName="post",
                AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
            )["Role"]
            function = clients.client("lambda").create_function(
                FunctionName="post",
                Runtime="python3.11",
                Role=role["Arn"],
                Handler="post.handler",
                Code={"ZipFile": packed.getvalue()},
            )
            gateway = clients.client("apigatewayv2")
            api = gateway.create_api(Name="posting", ProtocolType="WEBSOCKET", RouteSelectionExpression="$default")
            integration = gateway.create_integration(
                ApiId=api["ApiId"], IntegrationType="AWS_PROXY", IntegrationUri=function["FunctionArn"]
            )
            target = f"integrations/{integration['IntegrationId']}"
            gateway.create_route(ApiId=api["ApiId"], RouteKey="$default", Target=target)
            gateway.create_stage(ApiId=api["ApiId"], StageName="ws")
            yield f"{local_stack.endpoint_url}/_aws/execute-api/{api['ApiId']}/ws", pid


async def _listen(url: str, count: int, out: Connection) -> None:
    sockets = [await websockets.connect(url, compression=None, ping_interval=None) for _ in range(count)]
    ids = []
    for socket in sockets:
        await socket.send("who am I")
        ids.append(await socket.recv())
    out.send(ids)

    async def drain(socket: websockets.ClientConnection) -> None:
        async for _ in socket:
            pass

    await asyncio.gather(*map(drain, sockets))


def _listeners(url: str, count: int, out: Connection) -> None:
    asyncio.run(_listen(url, count, out))


def _boto3(url: str, threads: int) -> Way:
    client = boto3.client("apigatewaymanagementapi", endpoint_url=url, config=Config(max_pool_connections=threads))
    pool = ThreadPoolExecutor(threads)
    return lambda ids: list(pool.map(lambda each: client.post_to_connection(ConnectionId=each, Data=_FRAME), ids))


def _push(url: str, threads: int) -> Way:
    connections_api, pool = ConnectionsApi(url), ThreadPoolExecutor(threads)
    return lambda ids: list(pool.map(lambda each: connections_api.post(each, _FRAME), ids))


def _signed_in_advance(url: str, threads: int) -> Way:
    """Send bytes that were prepared before the measurement, so that only the emulator's time is measured."""
    connections_api, pool, address = ConnectionsApi(url), ThreadPoolExecutor(threads), urlsplit(url)
    requests: dict[str, bytes] = {}

    def made(connection_id: str) -> bytes:
        target = f"{url}/@connections/{quote(connection_id, safe='')}"
        headers = {
            **connections_api._signed("POST", target, _FRAME),
            "Host": address.netloc,
            "Content-Length": str(len(_FRAME)),
        }
        lines = [f"POST {urlsplit(target).path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + _FRAME

    def send(number: int, ids: Sequence[str]) -> None:
        # Each round uses new sockets, because the emulator closes sockets that are idle while other methods run.
        with create_connection((str(address.hostname), int(address.port or 80))) as socket:
            for each in ids[number::threads]:
                socket.sendall(requests[each])
                assert socket.recv(65_536).startswith(b"HTTP/1.1 200")

    def method(ids: Sequence[str]) -> None:
        if requests.keys() != set(ids):
            requests.update({each: made(each) for each in ids})
        list(pool.map(lambda number: send(number, ids), range(threads)))

    return method


def _cpu_of(pid: int) -> float:
    """Return the processor time of a process so far, in seconds (proc(5), `stat`, fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _measure(url: str, emulator: int, ids: Sequence[str]) -> dict[str, tuple[list[float], ...]]:
    """Return the seconds of wall-clock time, of this process's CPU and of the emulator's CPU, after a warm-up round."""
    methods = {f"boto3, {threads} threads": _boto3(url, threads) for threads in (8, 32)}
    methods |= {f"push, {threads} threads": _push(url, threads) for threads in (8, THREADS, 32)}
    methods["signed in advance, 4 sockets"] = _signed_in_advance(url, 4)
    elapsed: dict[str, tuple[list[float], ...]] = {name: ([], [], []) for name in methods}
    for number in range(_ROUNDS + 1):
        for name, method in methods.items():
            clock, cpu, theirs = time.perf_counter(), time.process_time(), _cpu_of(emulator)
            method(ids)
            if number:
                elapsed[name][0].append(time.perf_counter() - clock)
                elapsed[name][1].append(time.process_time() - cpu)
                elapsed[name][2].append(_cpu_of(emulator) - theirs)
    return elapsed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listeners", type=int, default=500)
    parser.add_argument("--port", type=int, default=4598)
    args = parser.parse_args()
    os.environ |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    ours, theirs = get_context("spawn").Pipe(duplex=False)
    with _gateway(args.port) as (url, emulator):
        process = get_context("spawn").Process(
            target=_listeners, args=(url.replace("http://", "ws://"), args.listeners, theirs), daemon=True
        )
        process.start()
        elapsed = _measure(url, emulator, ours.recv())
        process.terminate()
        process.join()
    print(f"one frame of {len(_FRAME)} bytes to {args.listeners} listeners, {_ROUNDS} rounds in turn")
    for name, (clock, cpu, cpu_of_emulator) in elapsed.items():
        middle, least = statistics.median(clock), min(clock)
        work, emulated = statistics.median(cpu), statistics.median(cpu_of_emulator)
        print(f"{name:24} median {middle:.3f} s, least {least:.3f} s, CPU {work:.3f} s, emulator {emulated:.3f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
