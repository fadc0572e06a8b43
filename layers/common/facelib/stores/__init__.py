"""Stores in DynamoDB, S3, SQS and API Gateway: the only modules that use boto3. They raise the domain's errors."""
