"""Transforms SAM templates as AWS's own translator does: a request a line in, an answer a line out, as JSON.

    {"template": "…YAML…", "parameters": {"ApiAuth": "API_KEY"}}  →  {"transformed": {…}} or {"error": "…"}

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


def transform(text, overrides):
    # One text for each use of an anchor: the translator changes what it is given in place.
    template = json.loads(json.dumps(yaml_parse(text)))
    package(template)
    parameters = {
        name: parameter["Default"]
        for name, parameter in template.get("Parameters", {}).items()
        if "Default" in parameter
    }
    parameters.update(overrides)
    return Translator(MANAGED_POLICIES, Parser()).translate(template, parameters)


def answer(request):
    try:
        return {"transformed": transform(request["template"], request["parameters"])}
    except Exception as error:  # pylint: disable=broad-except
        causes = [str(cause) for cause in getattr(error, "causes", [])]
        return {"error": "; ".join(causes) or repr(error)}


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))), flush=True)
