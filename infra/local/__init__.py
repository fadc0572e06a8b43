"""The local AWS stack, which needs neither an AWS account nor a container engine."""
