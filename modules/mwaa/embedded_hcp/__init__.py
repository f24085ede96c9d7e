"""The embedded HCP Terraform: the API that the real `terraform` speaks through a `cloud` block, and the runs behind it.

It stands behind the same proxy as the embedded AWS, which ends connections to app.terraform.io as it does those to AWS.
Shapes and names follow go-tfe 1.74 and Terraform 1.11 (internal/cloud); `terraform` itself is the client that proves
them.
"""
