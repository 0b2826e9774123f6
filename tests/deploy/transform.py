"""Prints template.yaml as AWS's own translator transforms it, as JSON.

    python transform.py template.yaml ApiAuth=API_KEY Architecture=x86_64

The translator is what CloudFormation runs for `Transform: AWS::Serverless-2016-10-31`; it comes with aws-sam-cli.
Two things that CloudFormation does around it are done here too: the parameters' defaults, and the uploads of
`sam package` (their places are made up). The conditions, and !If, are left to CloudFormation and to the reader.
"""

import json
import os
import sys

# The translator only asks boto3 for a region; it never calls AWS with an offline managed-policy loader.
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

from samcli.yamlhelper import yaml_parse  # noqa: E402
from samtranslator.parser.parser import Parser  # noqa: E402
from samtranslator.translator.translator import Translator  # noqa: E402

# From AWS's list of managed policies: those that SAM adds by itself or that this template names.
MANAGED_POLICIES = {
    "AWSLambdaBasicExecutionRole": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
}


def package(template):
    """Puts made-up S3 places where `sam package` puts real ones."""
    for logical_id, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        for name in ("CodeUri", "ContentUri", "DefinitionUri"):
            if isinstance(properties.get(name), str):
                properties[name] = {"Bucket": "packages", "Key": logical_id}


def main(file, overrides):
    with open(file, encoding="utf-8") as stream:
        # One text for each use of an anchor: the translator changes what it is given in place.
        template = json.loads(json.dumps(yaml_parse(stream.read())))
    package(template)
    parameters = {
        name: parameter["Default"]
        for name, parameter in template.get("Parameters", {}).items()
        if "Default" in parameter
    }
    parameters.update(dict(override.split("=", 1) for override in overrides))
    transformed = Translator(MANAGED_POLICIES, Parser()).translate(template, parameters)
    json.dump(transformed, sys.stdout, indent=1, sort_keys=False)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
