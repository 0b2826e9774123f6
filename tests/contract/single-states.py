"""Checks requests and answers of TestState, a JSON list on standard input, against the model of the API that botocore has.
Prints a list of texts: what is wrong with each, or nothing."""

import json
import sys

import botocore.session
from botocore.validate import ParamValidator

service = botocore.session.get_session().get_service_model("stepfunctions")
operation = service.operation_model("TestState")


def wrong_enums(value, shape, path=""):
    """botocore leaves the values of enums to the service."""
    if shape.type_name == "structure":
        for name, inner in value.items():
            if name in shape.members:
                yield from wrong_enums(inner, shape.members[name], f"{path}.{name}")
    elif shape.type_name == "string" and shape.enum and value not in shape.enum:
        yield f"{path}: {value} is not one of {shape.enum}"


def mistakes(value, shape):
    return [ParamValidator().validate(value, shape).generate_report(), *wrong_enums(value, shape)]


json.dump(
    [
        "\n".join(
            filter(
                None,
                mistakes(exchange["request"], operation.input_shape)
                + mistakes(exchange["answer"], operation.output_shape),
            )
        )
        for exchange in json.load(sys.stdin)
    ],
    sys.stdout,
)
