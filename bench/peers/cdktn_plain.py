"""CDK Terrain, the maintained fork of CDKTF."""

import cdktn
import cdktn_provider_aws as aws

from bench.terraform_stack import synthesize

synthesize(cdktn, aws)
