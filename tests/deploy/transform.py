"""Transforms SAM templates with AWS's own translator: reads one JSON request per line, writes one JSON answer per line.

    {"template": "…YAML…", "parameters": {"ApiAuth": "API_KEY"}}  →  {"transformed": {…}} or {"error": "…"}

CloudFormation runs this translator for `Transform: AWS::Serverless-2016-10-31`; aws-sam-cli contains it.
This script also inserts the parameters' defaults, as CloudFormation does, and made-up S3 locations of the uploads, as
`sam package` does. Conditions and !If remain in the result: CloudFormation resolves them later.
"""

import json
import os
import sys

# The translator asks boto3 for a region. With its list of managed policies given here, it never calls AWS.
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

from samcli.yamlhelper import yaml_parse  # noqa: E402
from samtranslator.parser.parser import Parser  # noqa: E402
from samtranslator.translator.translator import Translator  # noqa: E402

# The managed policies that SAM adds to the roles that it generates.
MANAGED_POLICIES = {
    "AWSLambdaBasicExecutionRole": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
}


def package(template):
    """Inserts made-up S3 locations where `sam package` inserts real ones."""
    for logical_id, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        for name in ("CodeUri", "ContentUri", "DefinitionUri"):
            if isinstance(properties.get(name), str):
                properties[name] = {"Bucket": "packages", "Key": logical_id}


def transform(text, overrides):
    # A copy for each use of an anchor, because the translator modifies its input in place.
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
