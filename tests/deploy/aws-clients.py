"""The calls of tests/deploy/aws-clients.test.ts, made by boto3 with its defaults; prints one JSON object."""

import json
import os
import sys
import time

import boto3

big_file, back_file, bucket, machine, s3_url, states_url = sys.argv[1:]
s3 = boto3.client("s3", endpoint_url=s3_url)
states = boto3.client("stepfunctions", endpoint_url=states_url)

s3.upload_file(big_file, bucket, "boto3/big.bin")
s3.download_file(bucket, "boto3/big.bin", back_file)
s3.copy({"Bucket": bucket, "Key": "boto3/big.bin"}, bucket, "boto3/copy.bin")
for name in ["d'or été (1).txt", "a+b & c=d.txt", "100%.txt", "日本 #?.txt", "../x//y "]:
    s3.put_object(Bucket=bucket, Key=f"boto3/keys/{name}", Body=name.encode())

keys = [
    entry["Key"]
    for page in s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix="boto3/keys/", PaginationConfig={"PageSize": 2}
    )
    for entry in page["Contents"]
]
same = all(
    s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() == key.removeprefix("boto3/keys/")
    for key in keys
)
part = s3.get_object(Bucket=bucket, Key="boto3/big.bin", Range="bytes=10-19")
deleted = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys]})["Deleted"]
try:
    s3.head_object(Bucket=bucket, Key="boto3/nothing")
    missing = None
except s3.exceptions.ClientError as error:
    missing = error.response["Error"]["Code"]

execution = states.start_execution(stateMachineArn=machine, input="{}")["executionArn"]
while (described := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
    time.sleep(0.1)
history = [
    event["type"]
    for page in states.get_paginator("get_execution_history").paginate(executionArn=execution)
    for event in page["events"]
]
listed = [one["executionArn"] for one in states.list_executions(stateMachineArn=machine)["executions"]]
[started] = states.list_map_runs(executionArn=execution)["mapRuns"]
map_run = states.describe_map_run(mapRunArn=started["mapRunArn"])
try:
    states.describe_execution(executionArn=execution + "-nobody")
    unknown = None
except states.exceptions.ExecutionDoesNotExist as error:
    unknown = type(error).__name__

json.dump(
    {
        "copied": s3.head_object(Bucket=bucket, Key="boto3/copy.bin")["ContentLength"],
        "keys": keys,
        "same": same,
        "part": {"range": part["ContentRange"], "bytes": len(part["Body"].read())},
        "deleted": len(deleted),
        "missing": missing,
        "status": described["status"],
        "ends": [history[0], history[-1]],
        "isListed": execution in listed,
        "mapRun": map_run["status"],
        "unknown": unknown,
    },
    sys.stdout,
)
