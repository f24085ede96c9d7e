"""AWS CDK for Python, with the CloudFormation-level constructs: the leanest and fastest way to write it there.

But for the objects in the bucket, of which CloudFormation knows nothing: `BucketDeployment` is how the CDK ships them.
"""

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_mwaa as mwaa
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_deployment as s3_deployment

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


def workspace(stack: cdk.Stack, sketch: Sketch) -> None:
    key = None
    if sketch.own_key:
        key = kms.CfnKey(stack, "key", enable_key_rotation=True, key_policy=key_policy())
        kms.CfnAlias(stack, "key_alias", alias_name=f"alias/airflow-{sketch.name}", target_key_id=key.ref)
    vpc, private_subnets, security_group = network(stack, sketch)
    if sketch.flow_logs:
        flow_logs(stack, sketch, vpc, key)
    bucket = source_bucket(stack, sketch)
    s3_deployment.BucketDeployment(
        stack,
        "objects",
        sources=[s3_deployment.Source.data(path, path) for path in OBJECTS],
        destination_bucket=s3.Bucket.from_bucket_name(stack, "destination", bucket.ref),
    )
    role = iam.CfnRole(
        stack,
        "role",
        role_name=f"airflow-{sketch.name}",
        assume_role_policy_document=trust_policy("airflow", "airflow-env"),
    )
    iam.CfnRolePolicy(
        stack, "role_policy", policy_name="airflow", role_name=role.ref, policy_document=execution_policy(sketch)
    )
    for group in LOG_GROUPS:
        logs.CfnLogGroup(
            stack,
            f"log_{group}",
            log_group_name=f"airflow-{sketch.name}-{group}",
            retention_in_days=30,
            kms_key_id=key.attr_arn if key else None,
        )
    log = mwaa.CfnEnvironment.ModuleLoggingConfigurationProperty(enabled=True, log_level="INFO")
    environment = mwaa.CfnEnvironment(
        stack,
        "environment",
        name=sketch.name,
        airflow_version=AIRFLOW_VERSION,
        environment_class=sketch.environment_class,
        webserver_access_mode=sketch.access,
        source_bucket_arn=bucket.attr_arn,
        dag_s3_path="dags",
        execution_role_arn=role.attr_arn,
        kms_key=key.attr_arn if key else None,
        network_configuration=mwaa.CfnEnvironment.NetworkConfigurationProperty(
            subnet_ids=[subnet.ref for subnet in private_subnets], security_group_ids=[security_group.attr_group_id]
        ),
        logging_configuration=mwaa.CfnEnvironment.LoggingConfigurationProperty(
            dag_processing_logs=log, scheduler_logs=log, task_logs=log, webserver_logs=log, worker_logs=log
        ),
    )
    cdk.CfnOutput(stack, "environment_arn", value=environment.attr_arn)
    cdk.CfnOutput(stack, "webserver_url", value=environment.attr_webserver_url)


def network(stack: cdk.Stack, sketch: Sketch) -> tuple[ec2.CfnVPC, list[ec2.CfnSubnet], ec2.CfnSecurityGroup]:
    vpc = ec2.CfnVPC(
        stack, "vpc", cidr_block=f"{sketch.network}.0.0/16", enable_dns_hostnames=True, enable_dns_support=True
    )
    gateway = ec2.CfnInternetGateway(stack, "internet_gateway")
    ec2.CfnVPCGatewayAttachment(stack, "attachment", vpc_id=vpc.ref, internet_gateway_id=gateway.ref)
    public_table = ec2.CfnRouteTable(stack, "public_table", vpc_id=vpc.ref)
    ec2.CfnRoute(
        stack,
        "public_route",
        route_table_id=public_table.ref,
        destination_cidr_block="0.0.0.0/0",
        gateway_id=gateway.ref,
    )
    private_subnets: list[ec2.CfnSubnet] = []
    private_tables: list[ec2.CfnRouteTable] = []
    nat_gateways: list[ec2.CfnNatGateway] = []
    for index, zone in enumerate(ZONES):
        public = ec2.CfnSubnet(
            stack,
            f"public_{index}",
            vpc_id=vpc.ref,
            availability_zone=zone,
            cidr_block=f"{sketch.network}.{index}.0/24",
        )
        ec2.CfnSubnetRouteTableAssociation(
            stack, f"public_table_{index}", subnet_id=public.ref, route_table_id=public_table.ref
        )
        if index < sketch.nat_gateways:
            address = ec2.CfnEIP(stack, f"address_{index}", domain="vpc")
            nat_gateways.append(
                ec2.CfnNatGateway(stack, f"nat_{index}", subnet_id=public.ref, allocation_id=address.attr_allocation_id)
            )
        private = ec2.CfnSubnet(
            stack,
            f"private_{index}",
            vpc_id=vpc.ref,
            availability_zone=zone,
            cidr_block=f"{sketch.network}.{index + 10}.0/24",
        )
        table = ec2.CfnRouteTable(stack, f"private_table_{index}", vpc_id=vpc.ref)
        ec2.CfnRoute(
            stack,
            f"private_route_{index}",
            route_table_id=table.ref,
            destination_cidr_block="0.0.0.0/0",
            nat_gateway_id=nat_gateways[-1].ref,
        )
        ec2.CfnSubnetRouteTableAssociation(
            stack, f"private_association_{index}", subnet_id=private.ref, route_table_id=table.ref
        )
        private_subnets.append(private)
        private_tables.append(table)
    ec2.CfnVPCEndpoint(
        stack,
        "s3_endpoint",
        vpc_id=vpc.ref,
        service_name=f"com.amazonaws.{REGION}.s3",
        route_table_ids=[table.ref for table in private_tables],
    )
    group = ec2.CfnSecurityGroup(
        stack, "security_group", group_name=f"airflow-{sketch.name}", group_description="Airflow", vpc_id=vpc.ref
    )
    ec2.CfnSecurityGroupIngress(
        stack,
        "ingress",
        group_id=group.attr_group_id,
        source_security_group_id=group.attr_group_id,
        ip_protocol="-1",
    )
    ec2.CfnSecurityGroupEgress(stack, "egress", group_id=group.attr_group_id, cidr_ip="0.0.0.0/0", ip_protocol="-1")
    return vpc, private_subnets, group


def flow_logs(stack: cdk.Stack, sketch: Sketch, vpc: ec2.CfnVPC, key: kms.CfnKey | None) -> None:
    group = logs.CfnLogGroup(
        stack,
        "log_flow",
        log_group_name=f"airflow-{sketch.name}-flow",
        retention_in_days=30,
        kms_key_id=key.attr_arn if key else None,
    )
    role = iam.CfnRole(
        stack,
        "flow_role",
        role_name=f"airflow-{sketch.name}-flow",
        assume_role_policy_document=trust_policy("vpc-flow-logs"),
    )
    iam.CfnRolePolicy(
        stack, "flow_role_policy", policy_name="flow", role_name=role.ref, policy_document=flow_log_policy(sketch)
    )
    ec2.CfnFlowLog(
        stack,
        "flow_log",
        resource_id=vpc.ref,
        resource_type="VPC",
        traffic_type="ALL",
        log_destination=group.attr_arn,
        deliver_logs_permission_arn=role.attr_arn,
    )


def source_bucket(stack: cdk.Stack, sketch: Sketch) -> s3.CfnBucket:
    bucket = s3.CfnBucket(
        stack,
        "bucket",
        bucket_name=sketch.bucket,
        versioning_configuration=s3.CfnBucket.VersioningConfigurationProperty(status="Enabled"),
        public_access_block_configuration=s3.CfnBucket.PublicAccessBlockConfigurationProperty(
            block_public_acls=True, block_public_policy=True, ignore_public_acls=True, restrict_public_buckets=True
        ),
        ownership_controls=s3.CfnBucket.OwnershipControlsProperty(
            rules=[s3.CfnBucket.OwnershipControlsRuleProperty(object_ownership="BucketOwnerEnforced")]
        ),
        bucket_encryption=s3.CfnBucket.BucketEncryptionProperty(
            server_side_encryption_configuration=[
                s3.CfnBucket.ServerSideEncryptionRuleProperty(
                    server_side_encryption_by_default=s3.CfnBucket.ServerSideEncryptionByDefaultProperty(
                        sse_algorithm="aws:kms" if sketch.own_key else "AES256"
                    )
                )
            ]
        ),
        lifecycle_configuration=s3.CfnBucket.LifecycleConfigurationProperty(
            rules=[
                s3.CfnBucket.RuleProperty(
                    id="old-versions",
                    status="Enabled",
                    noncurrent_version_expiration=s3.CfnBucket.NoncurrentVersionExpirationProperty(noncurrent_days=90),
                )
            ]
        ),
    )
    s3.CfnBucketPolicy(
        stack, "bucket_policy", bucket=bucket.ref, policy_document=bucket_policy(f"arn:aws:s3:::{sketch.bucket}")
    )
    return bucket


app = cdk.App()
for sketch in SKETCHES:
    workspace(cdk.Stack(app, sketch.name, env=cdk.Environment(account=ACCOUNT, region=REGION)), sketch)
app.synth()
