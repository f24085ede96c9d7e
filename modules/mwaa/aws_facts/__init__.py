"""Facts about AWS as data, each with its source and date. No other module of the project repeats them.

Sources
  UG   the MWAA user guide, docs.aws.amazon.com/mwaa/latest/userguide/<page>.html
  BC   botocore 1.44.5, data/mwaa/2020-07-01/service-2.json and data/endpoints.json
  IMG  github.com/aws/amazon-mwaa-docker-images at 9d2bebb (2026-08-20)
"""
