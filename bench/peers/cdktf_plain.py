"""Plain CDKTF: the same packages as this project, imported as their documentation says."""

import cdktf
import cdktf_cdktf_provider_aws as aws

from bench.terraform_stack import synthesize

synthesize(cdktf, aws)
