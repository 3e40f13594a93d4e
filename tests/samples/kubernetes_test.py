"""The manifests have the fields that Kubernetes and Kubeflow's operator know, and their commands are commands.

The schemas hold the part of the published ones (TFJob of kubeflow.org/v1; batch/v1, networking.k8s.io/v1) that
manifests here may use: a field that is not listed is a mistake.
"""

import copy
import re
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml

from apps_rec.cli.main import build_parser
from apps_rec.protos.train_pb2 import DistributionStrategy

FOLDER = Path(__file__).parents[2] / "samples/kubernetes"
FILES = sorted(FOLDER.glob("*.yaml"))


def fields(required=(), **properties):
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
        "minProperties": 1,
    }


def texts(pattern=".+"):
    return {"type": "string", "pattern": f"^(?:{pattern})$"}


def listed(item):
    return {"type": "array", "items": item, "minItems": 1}


COUNT = {"type": "integer", "minimum": 1}
NAME = texts("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
LABELS = {"type": "object", "additionalProperties": {"type": "string"}}
METADATA = fields(["name"], name=NAME, labels=LABELS)
QUANTITIES = fields(cpu=texts(r"[0-9]+m?"), memory=texts(r"[0-9]+[KMGT]i"))
POD = fields(
    ["containers"],
    restartPolicy={"enum": ["Never", "OnFailure"]},
    terminationGracePeriodSeconds=COUNT,
    containers=listed(
        fields(
            ["name", "image", "command"],
            name=NAME,
            image=texts(r"[a-z0-9./-]+:[\w.-]+"),
            workingDir=texts("/.*"),
            command=listed({"type": "string"}),
            ports=listed(fields(["containerPort"], name=texts("[a-z0-9-]{1,15}"), containerPort=COUNT)),
            resources=fields(requests=QUANTITIES, limits=QUANTITIES),
            securityContext=fields(
                runAsNonRoot={"const": True}, runAsUser=COUNT, allowPrivilegeEscalation={"const": False}
            ),
            volumeMounts=listed(fields(["name", "mountPath"], name=NAME, mountPath=texts("/.*"))),
        )
    ),
    volumes=listed(
        fields(
            ["name", "persistentVolumeClaim"], name=NAME, persistentVolumeClaim=fields(["claimName"], claimName=NAME)
        )
    ),
)
TEMPLATE = fields(["spec"], spec=POD)
REPLICAS = fields(
    ["replicas", "template"],
    replicas=COUNT,
    restartPolicy={"enum": ["Always", "OnFailure", "Never", "ExitCode"]},
    template=TEMPLATE,
)
SELECTOR = fields(matchLabels=LABELS)
KINDS = {
    "TFJob": (
        "kubeflow.org/v1",
        fields(
            ["runPolicy", "tfReplicaSpecs"],
            runPolicy=fields(
                activeDeadlineSeconds=COUNT,
                backoffLimit=COUNT,
                cleanPodPolicy={"enum": ["All", "Running", "None"]},
                ttlSecondsAfterFinished=COUNT,
            ),
            tfReplicaSpecs=fields(["Worker"], Chief=REPLICAS, PS=REPLICAS, Worker=REPLICAS),
        ),
    ),
    "CronJob": (
        "batch/v1",
        fields(
            ["schedule", "jobTemplate"],
            schedule=texts(r"[0-9*/,-]+( [0-9*/,-]+){4}"),
            timeZone=texts(r"\w+/\w+"),
            concurrencyPolicy={"enum": ["Allow", "Forbid", "Replace"]},
            startingDeadlineSeconds=COUNT,
            jobTemplate=fields(
                ["spec"],
                spec=fields(["template"], backoffLimit=COUNT, activeDeadlineSeconds=COUNT, template=TEMPLATE),
            ),
        ),
    ),
    "NetworkPolicy": (
        "networking.k8s.io/v1",
        fields(
            ["podSelector"],
            podSelector=SELECTOR,
            policyTypes=listed({"enum": ["Ingress", "Egress"]}),
            ingress=listed(fields(**{"from": listed(fields(podSelector=SELECTOR))})),
        ),
    ),
}


def check(manifest):
    """Raises ValidationError if a manifest has a field or value that its kind does not know."""
    version, spec = KINDS[manifest["kind"]]
    schema = fields(
        ["apiVersion", "kind", "metadata", "spec"],
        apiVersion={"const": version},
        kind={"type": "string"},
        metadata=METADATA,
        spec=spec,
    )
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(manifest, schema)


def manifests(path):
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def pods(manifest):
    """Specs of all pods of a manifest."""
    if manifest["kind"] == "TFJob":
        return [replica["template"]["spec"] for replica in manifest["spec"]["tfReplicaSpecs"].values()]
    return [manifest["spec"]["jobTemplate"]["spec"]["template"]["spec"]] if manifest["kind"] == "CronJob" else []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_field_is_known(path):
    found = manifests(path)
    assert found
    for manifest in found:
        check(manifest)
        for pod in pods(manifest):
            volumes = {volume["name"] for volume in pod["volumes"]}
            assert all(mount["name"] in volumes for c in pod["containers"] for mount in c["volumeMounts"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_says_that_no_cluster_ran_it(path):
    head = path.read_text(encoding="utf-8").partition("apiVersion")[0]
    assert "Not run on a cluster" in head.replace("\n# ", " ")


def test_the_check_finds_mistakes():
    good = manifests(FOLDER / "multi_worker.yaml")[0]

    def replaced(value, *path):
        wrong = copy.deepcopy(good)
        at = wrong
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value
        return wrong

    for wrong in (
        replaced("kubeflow.org/v2", "apiVersion"),
        replaced(2, "spec", "replicas"),
        replaced("two", "spec", "tfReplicaSpecs", "Worker", "replicas"),
        replaced("Sometimes", "spec", "tfReplicaSpecs", "Worker", "restartPolicy"),
        replaced({}, "spec", "tfReplicaSpecs", "Server"),
        replaced([], "spec", "tfReplicaSpecs", "Worker", "template", "spec", "containers"),
        replaced(
            "16 GB",
            *["spec", "tfReplicaSpecs", "Worker", "template", "spec", "containers"],
            0,
            *["resources", "limits", "memory"],
        ),
    ):
        with pytest.raises(jsonschema.ValidationError):
            check(wrong)


@pytest.mark.parametrize("name", ["multi_worker", "parameter_servers"])
def test_every_process_runs_one_command_in_the_container_that_the_operator_looks_for(name):
    job, policy = manifests(FOLDER / f"{name}.yaml")
    (command,) = {tuple(c["command"]) for pod in pods(job) for c in pod["containers"] if c["name"] == "tensorflow"}
    assert all(len(pod["containers"]) == 1 for pod in pods(job))
    arguments = build_parser().parse_args(list(command[1:]))
    assert (command[0], arguments.resume) == ("apps-rec", True)
    (setting,) = [word for word in command if word.startswith("train_config.train_distribute=")]
    strategy = "ParameterServerStrategy" if "PS" in job["spec"]["tfReplicaSpecs"] else "MultiWorkerMirroredStrategy"
    assert setting.partition("=")[2] == strategy
    assert DistributionStrategy.Value(strategy)
    label = {"training.kubeflow.org/job-name": job["metadata"]["name"]}
    assert policy["spec"]["podSelector"]["matchLabels"] == label
    assert policy["spec"]["ingress"] == [{"from": [{"podSelector": {"matchLabels": label}}]}]


def test_the_daily_script_is_one_of_our_commands():
    ((pod,),) = map(pods, manifests(FOLDER / "daily.yaml"))
    shell, flags, script = pod["containers"][0]["command"]
    assert (shell, flags) == ("bash", "-euc")
    subprocess.run(["bash", "-n", "-c", script], check=True)
    filled = script.replace('"$day"', "2026-11-08").replace('"$version"', "exports/1").replace("$day", "2026-11-08")
    commands = [line.replace('"', "").split() for line in re.findall(r"apps-rec (.*?)\)?$", filled, re.MULTILINE)]
    parsed = [build_parser().parse_args(words) for words in commands]
    assert [words[0] for words in commands] == ["train", "export", "predict"]
    assert parsed[0].date == parsed[1].date
    assert (parsed[0].resume, parsed[2].output) == (True, "scores/dt=2026-11-08")
