"""Where things are kept. The only modules that know boto3; they raise the domain's errors, not botocore's."""
