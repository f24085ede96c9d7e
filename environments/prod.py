"""Production: two of everything that can fail, its own key, a private webserver, an approval
before content is published, deletion protection."""

from mwaa import ConnectionSource, EncryptionKey, Logging, Network, Pipeline, SourceBucket, Workspace

workspace = Workspace(
    account="222222222222",
    region="ap-northeast-2",
    airflow_version="3.2.1",
    environment_class="mw1.medium",
    min_workers=2,
    max_workers=20,
    schedulers=3,
    network=Network(cidr="10.20.0.0/16", nat_gateways=2, flow_logs=True),
    encryption_key=EncryptionKey(),
    source_bucket=SourceBucket(noncurrent_version_days=365),
    webserver_access_mode="PRIVATE_ONLY",
    worker_replacement_strategy="GRACEFUL",
    weekly_maintenance_window_start="SUN:18:00",  # Monday 03:00 in Seoul
    logging=Logging(scheduler="INFO", retention_days=365),
    pipeline=Pipeline(
        source=ConnectionSource(provider="GitHub", repository="acme/airflow"),
        approval=True,
        notify=("data-platform@example.com",),
    ),
    airflow_configuration_options={"core.default_task_retries": "2"},
    tags={"team": "data-platform", "stage": "prod"},
)
