"""A class that combines all stores of the jobs table, for tests of a job's whole life cycle."""

from facelib.domain import limits
from facelib.stores.jobs.claims import Claims
from facelib.stores.jobs.corrections import StoredCorrections
from facelib.stores.jobs.creation import NewJobs
from facelib.stores.jobs.deletions import Deletions
from facelib.stores.jobs.renders import AddedRenders
from facelib.stores.jobs.retries import Retries
from facelib.stores.jobs.table import JobTable


class JobStore:
    def __init__(self, table: str, index_shards: int = limits.INDEX_SHARDS) -> None:
        self.table = JobTable(table)
        self.new = NewJobs(self.table, index_shards)
        self.claims = Claims(self.table)
        self.retries = Retries(self.table)
        self.deletions = Deletions(self.table)
        self.renders = AddedRenders(self.table)
        self.corrections = StoredCorrections(self.table)
        self.get, self.peek = self.table.get, self.table.peek
        self.add, self.keep, self.withdraw = self.new.add, self.new.keep, self.new.withdraw
        self.claim, self.complete, self.fail = self.claims.claim, self.claims.complete, self.claims.fail
        self.fail_abandoned = self.claims.fail_abandoned
        self.next_retry, self.begin_retry = self.retries.next_number, self.retries.begin
        self.begin_deletion, self.remove = self.deletions.begin, self.deletions.finish
        self.add_render = self.renders.add
