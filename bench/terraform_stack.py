"""One workspace in the API that CDKTF and its fork cdktn share, as their guides write it."""

import json
from typing import Any

from bench.workspaces import (
    ACCOUNT,
    AIRFLOW_VERSION,
    LOG_GROUPS,
    OBJECTS,
    REGION,
    SKETCHES,
    ZONES,
    Sketch,
    bucket_policy,
    execution_policy,
    flow_log_policy,
    key_policy,
    trust_policy,
)


def synthesize(core: Any, aws: Any) -> None:
    """Synthesizes the workspaces with `core` (cdktf or cdktn) and `aws` (its package of AWS provider bindings)."""
    app = core.App()
    for sketch in SKETCHES:
        stack = core.TerraformStack(app, sketch.name)
        core.LocalBackend(stack, path=f"terraform.{sketch.name}.tfstate")
        aws.provider.AwsProvider(stack, "aws", region=REGION, allowed_account_ids=[ACCOUNT])
        _workspace(stack, sketch, core, aws)
    app.synth()


def _workspace(stack: Any, sketch: Sketch, core: Any, aws: Any) -> None:
    key = None
    if sketch.own_key:
        key = aws.kms_key.KmsKey(stack, "key", enable_key_rotation=True, policy=json.dumps(key_policy()))
        aws.kms_alias.KmsAlias(stack, "key_alias", name=f"alias/airflow-{sketch.name}", target_key_id=key.key_id)
    vpc, private_subnets, security_group = _network(stack, sketch, aws)
    if sketch.flow_logs:
        _flow_logs(stack, sketch, aws, vpc, key)
    bucket = _bucket(stack, sketch, aws)

    role = aws.iam_role.IamRole(
        stack,
        "role",
        name=f"airflow-{sketch.name}",
        assume_role_policy=json.dumps(trust_policy("airflow", "airflow-env")),
    )
    aws.iam_role_policy.IamRolePolicy(stack, "role_policy", role=role.name, policy=json.dumps(execution_policy(sketch)))
    for group in LOG_GROUPS:
        aws.cloudwatch_log_group.CloudwatchLogGroup(
            stack,
            f"log_{group}",
            name=f"airflow-{sketch.name}-{group}",
            retention_in_days=30,
            kms_key_id=key.arn if key else None,
        )
    for path in OBJECTS:
        aws.s3_object.S3Object(stack, f"object_{path}", bucket=bucket.id, key=path, content=path)

    types = aws.mwaa_environment
    logs = {"enabled": True, "log_level": "INFO"}
    environment = types.MwaaEnvironment(
        stack,
        "environment",
        name=sketch.name,
        airflow_version=AIRFLOW_VERSION,
        environment_class=sketch.environment_class,
        webserver_access_mode=sketch.access,
        source_bucket_arn=bucket.arn,
        dag_s3_path="dags",
        execution_role_arn=role.arn,
        kms_key=key.arn if key else None,
        network_configuration=types.MwaaEnvironmentNetworkConfiguration(
            subnet_ids=[subnet.id for subnet in private_subnets], security_group_ids=[security_group.id]
        ),
        logging_configuration=types.MwaaEnvironmentLoggingConfiguration(
            dag_processing_logs=types.MwaaEnvironmentLoggingConfigurationDagProcessingLogs(**logs),
            scheduler_logs=types.MwaaEnvironmentLoggingConfigurationSchedulerLogs(**logs),
            task_logs=types.MwaaEnvironmentLoggingConfigurationTaskLogs(**logs),
            webserver_logs=types.MwaaEnvironmentLoggingConfigurationWebserverLogs(**logs),
            worker_logs=types.MwaaEnvironmentLoggingConfigurationWorkerLogs(**logs),
        ),
    )
    core.TerraformOutput(stack, "environment_arn", value=environment.arn)
    core.TerraformOutput(stack, "webserver_url", value=environment.webserver_url)


def _network(stack: Any, sketch: Sketch, aws: Any) -> tuple[Any, list[Any], Any]:
    vpc = aws.vpc.Vpc(
        stack, "vpc", cidr_block=f"{sketch.network}.0.0/16", enable_dns_hostnames=True, enable_dns_support=True
    )
    gateway = aws.internet_gateway.InternetGateway(stack, "internet_gateway", vpc_id=vpc.id)
    public_table = aws.route_table.RouteTable(stack, "public_table", vpc_id=vpc.id)
    aws.route.Route(
        stack,
        "public_route",
        route_table_id=public_table.id,
        destination_cidr_block="0.0.0.0/0",
        gateway_id=gateway.id,
    )
    private_subnets: list[Any] = []
    private_tables: list[Any] = []
    nat_gateways: list[Any] = []
    for index, zone in enumerate(ZONES):
        public = aws.subnet.Subnet(
            stack,
            f"public_{index}",
            vpc_id=vpc.id,
            availability_zone=zone,
            cidr_block=f"{sketch.network}.{index}.0/24",
        )
        aws.route_table_association.RouteTableAssociation(
            stack, f"public_table_{index}", subnet_id=public.id, route_table_id=public_table.id
        )
        if index < sketch.nat_gateways:
            address = aws.eip.Eip(stack, f"address_{index}", domain="vpc")
            nat_gateways.append(
                aws.nat_gateway.NatGateway(stack, f"nat_{index}", subnet_id=public.id, allocation_id=address.id)
            )
        private = aws.subnet.Subnet(
            stack,
            f"private_{index}",
            vpc_id=vpc.id,
            availability_zone=zone,
            cidr_block=f"{sketch.network}.{index + 10}.0/24",
        )
        table = aws.route_table.RouteTable(stack, f"private_table_{index}", vpc_id=vpc.id)
        aws.route.Route(
            stack,
            f"private_route_{index}",
            route_table_id=table.id,
            destination_cidr_block="0.0.0.0/0",
            nat_gateway_id=nat_gateways[-1].id,
        )
        aws.route_table_association.RouteTableAssociation(
            stack, f"private_association_{index}", subnet_id=private.id, route_table_id=table.id
        )
        private_subnets.append(private)
        private_tables.append(table)
    aws.vpc_endpoint.VpcEndpoint(
        stack,
        "s3_endpoint",
        vpc_id=vpc.id,
        service_name=f"com.amazonaws.{REGION}.s3",
        route_table_ids=[table.id for table in private_tables],
    )
    group = aws.security_group.SecurityGroup(
        stack, "security_group", name=f"airflow-{sketch.name}", description="Airflow", vpc_id=vpc.id
    )
    aws.vpc_security_group_ingress_rule.VpcSecurityGroupIngressRule(
        stack, "ingress", security_group_id=group.id, referenced_security_group_id=group.id, ip_protocol="-1"
    )
    aws.vpc_security_group_egress_rule.VpcSecurityGroupEgressRule(
        stack, "egress", security_group_id=group.id, cidr_ipv4="0.0.0.0/0", ip_protocol="-1"
    )
    aws.default_security_group.DefaultSecurityGroup(stack, "default_security_group", vpc_id=vpc.id)
    return vpc, private_subnets, group


def _flow_logs(stack: Any, sketch: Sketch, aws: Any, vpc: Any, key: Any) -> None:
    group = aws.cloudwatch_log_group.CloudwatchLogGroup(
        stack,
        "log_flow",
        name=f"airflow-{sketch.name}-flow",
        retention_in_days=30,
        kms_key_id=key.arn if key else None,
    )
    role = aws.iam_role.IamRole(
        stack,
        "flow_role",
        name=f"airflow-{sketch.name}-flow",
        assume_role_policy=json.dumps(trust_policy("vpc-flow-logs")),
    )
    aws.iam_role_policy.IamRolePolicy(
        stack, "flow_role_policy", role=role.name, policy=json.dumps(flow_log_policy(sketch))
    )
    aws.flow_log.FlowLog(
        stack,
        "flow_log",
        vpc_id=vpc.id,
        traffic_type="ALL",
        log_destination=group.arn,
        iam_role_arn=role.arn,
    )


def _bucket(stack: Any, sketch: Sketch, aws: Any) -> Any:
    bucket = aws.s3_bucket.S3Bucket(stack, "bucket", bucket=sketch.bucket)
    versioning = aws.s3_bucket_versioning
    versioning.S3BucketVersioningA(
        stack,
        "bucket_versioning",
        bucket=bucket.id,
        versioning_configuration=versioning.S3BucketVersioningVersioningConfiguration(status="Enabled"),
    )
    aws.s3_bucket_public_access_block.S3BucketPublicAccessBlock(
        stack,
        "bucket_public_access",
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
    )
    ownership = aws.s3_bucket_ownership_controls
    ownership.S3BucketOwnershipControls(
        stack,
        "bucket_ownership",
        bucket=bucket.id,
        rule=ownership.S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced"),
    )
    encryption = aws.s3_bucket_server_side_encryption_configuration
    encryption.S3BucketServerSideEncryptionConfigurationA(
        stack,
        "bucket_encryption",
        bucket=bucket.id,
        rule=[
            encryption.S3BucketServerSideEncryptionConfigurationRuleA(
                apply_server_side_encryption_by_default=encryption.S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
                    sse_algorithm="aws:kms" if sketch.own_key else "AES256"
                )
            )
        ],
    )
    lifecycle = aws.s3_bucket_lifecycle_configuration
    lifecycle.S3BucketLifecycleConfiguration(
        stack,
        "bucket_lifecycle",
        bucket=bucket.id,
        rule=[
            lifecycle.S3BucketLifecycleConfigurationRule(
                id="old-versions",
                status="Enabled",
                filter=[lifecycle.S3BucketLifecycleConfigurationRuleFilter(prefix="")],
                noncurrent_version_expiration=[
                    lifecycle.S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(noncurrent_days=90)
                ],
            )
        ],
    )
    aws.s3_bucket_policy.S3BucketPolicy(
        stack, "bucket_policy", bucket=bucket.id, policy=json.dumps(bucket_policy(f"arn:aws:s3:::{sketch.bucket}"))
    )
    return bucket
