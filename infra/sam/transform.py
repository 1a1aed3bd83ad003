"""Transforms a SAM template offline, as CloudFormation would, and prints how many resources come out, by type, as JSON.

The rules of infra/checks/template estimate this number without Python; validate.sh holds the two together.
"""

import json
import os
import sys

from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator


def parameters(template):
    """The defaults, as a deployment without overrides has them, and the pseudo parameters."""
    values = {name: p["Default"] for name, p in template.get("Parameters", {}).items() if "Default" in p}
    return {**values, "AWS::Region": "eu-central-1", "AWS::Partition": "aws", "AWS::StackName": "giberno", "AWS::AccountId": "123456789012"}


def local_code(template):
    """The translator wants code that was uploaded."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    return template


def main(path):
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")
    with open(path, encoding="utf-8") as f:
        template = local_code(yaml_parse(f.read()))
    out = Translator({}, Parser()).translate(template, parameters(template))
    counts = {}
    for resource in out["Resources"].values():
        counts[resource["Type"]] = counts.get(resource["Type"], 0) + 1
    print(json.dumps({"total": len(out["Resources"]), "types": dict(sorted(counts.items()))}, indent=2))


main(sys.argv[1])
