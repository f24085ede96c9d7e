"""The two workspaces that every peer synthesizes: the shape of `environments/dev.py` and `environments/prod.py`."""

from dataclasses import dataclass

ACCOUNT = "111111111111"
REGION = "ap-northeast-2"
ZONES = ("ap-northeast-2a", "ap-northeast-2c")
AIRFLOW_VERSION = "3.2.1"
LOG_GROUPS = ("DAGProcessing", "Scheduler", "Task", "WebServer", "Worker")


@dataclass(frozen=True)
class Sketch:
    """What differs between the two."""

    name: str
    network: str
    """The first two numbers of the VPC's /16."""
    nat_gateways: int
    own_key: bool
    flow_logs: bool
    environment_class: str
    access: str

    @property
    def bucket(self) -> str:
        return f"airflow-bench-{self.name}-{ACCOUNT}"


SKETCHES = (
    Sketch("dev", "10.10", 1, False, False, "mw1.micro", "PUBLIC_ONLY"),
    Sketch("prod", "10.20", 2, True, True, "mw1.medium", "PRIVATE_ONLY"),
)


OBJECTS = ("requirements.txt", "startup.sh", "plugins.zip", "dags/example.py")
"""Keys in the source bucket."""


def execution_policy(sketch: Sketch) -> dict[str, object]:
    """The execution role's permissions, in the shape of the MWAA user guide's page on the execution role."""
    environment = f"arn:aws:airflow:{REGION}:{ACCOUNT}:environment/{sketch.name}"
    bucket = f"arn:aws:s3:::{sketch.bucket}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "airflow:PublishMetrics", "Resource": environment},
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject*", "s3:GetBucket*", "s3:List*"],
                "Resource": [bucket, f"{bucket}/*"],
            },
            {
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents", "logs:GetLogEvents", "logs:GetLogGroupFields"],
                "Resource": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:airflow-{sketch.name}-*",
            },
            {"Effect": "Allow", "Action": "cloudwatch:PutMetricData", "Resource": "*"},
            {
                "Effect": "Allow",
                "Action": ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
                "Resource": f"arn:aws:sqs:{REGION}:*:airflow-celery-*",
            },
        ],
    }


def flow_log_policy(sketch: Sketch) -> dict[str, object]:
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:airflow-{sketch.name}-flow"
    actions = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogGroups", "logs:DescribeLogStreams"]
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": actions, "Resource": [group, f"{group}:*"]}],
    }


def trust_policy(*services: str) -> dict[str, object]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": [f"{service}.amazonaws.com" for service in services]},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
            }
        ],
    }


def bucket_policy(bucket_arn: str) -> dict[str, object]:
    """Refuses access without TLS."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [bucket_arn, f"{bucket_arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }


def key_policy() -> dict[str, object]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
                "Action": "kms:*",
                "Resource": "*",
            },
            {
                "Effect": "Allow",
                "Principal": {"Service": f"logs.{REGION}.amazonaws.com"},
                "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
                "Resource": "*",
            },
        ],
    }
