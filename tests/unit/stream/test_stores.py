"""The stream's use of its stores: batches of messages, and rows of listeners."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from facelib.domain.errors import ConnectionGone, QueueRefused
from facelib.stores import clients
from facelib.stores.listeners import connections as rows
from facelib.stores.listeners.connections import Connection, ConnectionStore
from facelib.stores.listeners.subscriptions import SHARDS, JobSubscription
from facelib.stores.queues.queue import Queue as Messages

from tests.support.stream import CONNECTIONS, OWNER, Queue


@pytest.fixture
def sent(cloud: Queue, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Return the message bodies in each batch that SQS receives."""
    batches: list[list[str]] = []
    send = clients.sqs().send_message_batch

    def note(QueueUrl: str, Entries: Any) -> Any:  # noqa: N803 - boto3's names
        batches.append([entry["MessageBody"] for entry in Entries])
        return send(QueueUrl=QueueUrl, Entries=Entries)

    monkeypatch.setattr(clients.sqs(), "send_message_batch", note)
    return batches


@pytest.mark.parametrize(
    ("bodies", "sizes"),
    [(["x"] * 25, [10, 10, 5]), (["x" * 100_000] * 5, [2, 2, 1]), (["ä" * 100_000] * 2, [1, 1]), ([], [])],
    ids=["number", "bytes", "bytes of UTF-8", "none"],
)
def test_messages_are_sent_ten_at_a_time_within_the_size_of_a_batch(
    cloud: Queue, sent: list[list[str]], bodies: list[str], sizes: list[int]
) -> None:
    Messages(cloud.url).send_all(bodies)

    assert [len(batch) for batch in sent] == sizes
    assert cloud.bodies() == bodies


def test_all_messages_arrive(cloud: Queue) -> None:
    bodies = [f"message {number}" for number in range(23)]

    Messages(cloud.url).send_all(bodies)

    assert sorted(cloud.bodies()) == sorted(bodies)


def refuse(monkeypatch: pytest.MonkeyPatch, *rounds: set[str], is_fault_of_sender: bool = False) -> list[list[str]]:
    """Make SQS refuse the entries with these ids in each round; return all ids that it receives in each round."""
    send, left, seen = clients.sqs().send_message_batch, iter(rounds), list[list[str]]()

    def script(QueueUrl: str, Entries: Any) -> Any:  # noqa: N803 - boto3's names
        ids = next(left, set())
        seen.append([entry["Id"] for entry in Entries])
        refused = [
            {"Id": one, "Code": "InternalError", "SenderFault": is_fault_of_sender} for one in seen[-1] if one in ids
        ]
        if taken := [entry for entry in Entries if entry["Id"] not in ids]:
            send(QueueUrl=QueueUrl, Entries=taken)
        return {"Failed": refused}

    monkeypatch.setattr(clients.sqs(), "send_message_batch", script)
    return seen


def test_only_refused_messages_are_sent_again(
    cloud: Queue, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = refuse(monkeypatch, {"1", "2"}, {"2"})

    Messages(cloud.url).send_all(["a", "b", "c"])

    assert seen == [["0", "1", "2"], ["1", "2"], ["2"]]
    assert sorted(cloud.bodies()) == ["a", "b", "c"]
    assert len(waits) == 2


def test_a_message_that_is_always_refused_raises_an_error_after_the_others_are_sent(
    cloud: Queue, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, *[{"0"}] * 4)

    with pytest.raises(QueueRefused, match=r"Messages refused by the queue: 1 \(InternalError"):
        Messages(cloud.url).send_all(map(str, range(23)))

    assert len(cloud.bodies()) == 22
    assert len(waits) == 3


def test_a_malformed_message_is_not_retried(cloud: Queue, waits: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    seen = refuse(monkeypatch, {"1"}, is_fault_of_sender=True)

    with pytest.raises(QueueRefused):
        Messages(cloud.url).send_all(["a", "b"])

    assert (len(seen), cloud.bodies(), waits) == (1, ["a"], [])


def test_listeners_are_spread_over_the_shards(connections: ConnectionStore) -> None:
    for number in range(96):
        connections.add(Connection(f"listener-{number}", OWNER))

    sizes = [len(list(connections.subscriptions.of_shard(OWNER, shard))) for shard in range(SHARDS)]

    assert sum(sizes) == connections.subscriptions.count_of_all(OWNER) == 96
    assert min(sizes) > 10


def test_the_listeners_of_all_shards_can_be_read_together(connections: ConnectionStore) -> None:
    for number in range(12):
        connections.add(Connection(f"listener#{number}", OWNER))
    connections.add(Connection("theirs", "somebody"))
    connections.add(Connection("of a job", OWNER, "job-1"))

    assert (
        set(connections.subscriptions.of_all(OWNER, 100))
        == set(everyone(connections))
        == {f"listener#{n}" for n in range(12)}
    )
    assert len(connections.subscriptions.of_all(OWNER, 5)) == 5


def test_one_query_reads_a_few_listeners(connections: ConnectionStore) -> None:
    connections.add(Connection("one", OWNER))
    operations: list[str] = []
    events, note = clients.dynamodb().meta.events, lambda model, **_: operations.append(model.name)

    events.register_first("before-call", note)
    try:
        assert connections.subscriptions.of_all(OWNER, 1_001) == ["one"]
    finally:
        events.unregister("before-call", note)
    assert operations == ["Query"]


def everyone(connections: ConnectionStore) -> list[str]:
    return [one for shard in range(SHARDS) for one in connections.subscriptions.of_shard(OWNER, shard)]


def test_a_subscription_to_a_job_is_found_only_under_the_job(connections: ConnectionStore) -> None:
    connections.add(Connection("all", OWNER))
    connections.add(Connection("mine", OWNER, "job-1"))
    connections.add(Connection("theirs", "somebody", "job-1"))

    assert everyone(connections) == ["all"]
    assert list(connections.subscriptions.of_job(OWNER, "job-1")) == [JobSubscription("mine", is_widened=False)]
    assert list(connections.subscriptions.of_job(OWNER, "job-2")) == []


def test_a_change_of_subscription_does_not_lose_events(connections: ConnectionStore) -> None:
    """A listener is found even if it changes its subscription after the subscriptions to all jobs have been read."""
    connections.add(Connection("one", OWNER, "job-1"))

    before = everyone(connections)
    connections.subscribe(Connection("one", OWNER))
    assert before == []
    assert list(connections.subscriptions.of_job(OWNER, "job-1")) == [JobSubscription("one", is_widened=True)]

    before = everyone(connections)
    connections.subscribe(Connection("one", OWNER, "job-2"))
    assert before == ["one"]
    assert list(connections.subscriptions.of_job(OWNER, "job-1")) == []
    assert list(connections.subscriptions.of_job(OWNER, "job-2")) == [JobSubscription("one", is_widened=False)]
    assert everyone(connections) == []


@pytest.mark.parametrize("changes", [[None], ["job-1"], ["job-1", None], ["job-1", None, "job-2"], ["job-1", "job-2"]])
@pytest.mark.parametrize("is_gone", [False, True])
def test_all_rows_of_a_connection_are_removed(
    connections: ConnectionStore, monkeypatch: pytest.MonkeyPatch, changes: list[str | None], is_gone: bool
) -> None:
    monkeypatch.setattr(rows, "_CONNECT_GRACE_SECONDS", -5)
    first, *others = changes
    connections.add(Connection("one", OWNER, first))
    for job_id in others:
        connections.subscribe(Connection("one", OWNER, job_id))

    assert connections.get(OWNER, "one").job_id == changes[-1]
    if is_gone:
        assert connections.remove_gone(OWNER, "one")
    else:
        connections.remove(OWNER, "one")

    assert clients.dynamodb().scan(TableName=CONNECTIONS)["Items"] == []


def test_a_connection_is_not_found_under_another_owner(connections: ConnectionStore) -> None:
    connections.add(Connection("one", OWNER))

    with pytest.raises(ConnectionGone):
        connections.get("somebody", "one")


def test_a_row_that_cannot_be_removed_does_not_delay_others(
    connections: ConnectionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise ClientError({"Error": {"Code": "ThrottlingException"}}, "DeleteItem")

    monkeypatch.setattr(clients.dynamodb(), "delete_item", refuse)

    assert connections.remove_gone(OWNER, "any")


def test_a_new_row_is_kept_after_a_410(connections: ConnectionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    connections.add(Connection("new", OWNER))

    assert not connections.remove_gone(OWNER, "new")
    assert connections.get(OWNER, "new")
    monkeypatch.setattr(rows, "_CONNECT_GRACE_SECONDS", -5)
    assert connections.remove_gone(OWNER, "new")
    assert connections.remove_gone(OWNER, "new"), "removing a row that no longer exists also succeeds"
    with pytest.raises(ConnectionGone):
        connections.get(OWNER, "new")
