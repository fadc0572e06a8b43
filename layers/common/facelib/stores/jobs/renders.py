"""Results drawn on demand (docs/decisions/0017-renders-on-demand.md)."""

from botocore.exceptions import ClientError

from facelib.errors import JobNotFound
from facelib.job import Status
from facelib.renders import Render
from facelib.stores.attributes import text
from facelib.stores.clients import dynamodb
from facelib.stores.jobs.table import JobTable, item_that_failed_condition, primary_key


class RenderStore(JobTable):
    def add_render(self, job_id: str, render: Render) -> None:
        """Record a result that was drawn on demand and stored.

        Raises JobNotFound if the job was deleted meanwhile; then the caller removes what it stored.
        """
        try:
            dynamodb().update_item(
                TableName=self._table,
                Key=primary_key(job_id),
                UpdateExpression="ADD renders :render",
                ConditionExpression="#status = :completed",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":completed": text(Status.COMPLETED), ":render": {"SS": [render]}},
            )
        except ClientError as error:
            item_that_failed_condition(error)
            raise JobNotFound from None
