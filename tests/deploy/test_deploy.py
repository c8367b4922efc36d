"""What stands in ``deploy/`` would run: linted, valid by schema, without privileges, with settings that exist."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from cds.access.clients import read_clients
from cds.access.safety import objections
from cds.settings import Settings
from tests.access.signing import clients_file

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
VARIABLES = {f"BONE_CDS_{name.upper()}" for name in Settings.model_fields}
OLDEST, NEWEST = "1.33", kubernetes_validate.latest_version()

Plain = dict[str, Any]
OBJECTS: list[Plain] = [each for file in MANIFESTS for each in yaml.safe_load_all(file.read_text(encoding="utf-8"))]
COMPOSE: Plain = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def the(kind: str, name: str = "bone-cds") -> Plain:
    """The one object of that kind and name."""
    (found,) = [each for each in OBJECTS if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    return found


def ours(names: Any) -> set[str]:
    """Those of the variables that are settings of ours."""
    return {name for name in names if name.startswith("BONE_CDS_")}


def test_the_dockerfile_is_linted() -> None:
    linter = str(Path(sys.executable).parent / "hadolint")
    result = subprocess.run([linter, str(DEPLOY / "Dockerfile")], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "")


def test_the_image_runs_as_nobody_from_hashed_pins_and_tells_its_health() -> None:
    *_, last = DOCKERFILE.split("\nFROM ")
    (user,) = re.findall(r"^USER (\d+):(\d+)$", last, re.MULTILINE)
    assert user == ("10001", "10001")
    assert "HEALTHCHECK" in last
    assert " pip " not in last
    assert all(re.search(r":\d", image) for image in re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE))
    installs = re.findall(r"install (?!--directory)(.*?)(?: \\)?$", DOCKERFILE, re.MULTILINE)
    assert all("--require-hashes" in each or "--no-deps /tmp/wheel" in each for each in installs if "-r" in each)
    assert ours(re.findall(r"BONE_CDS_\w+", DOCKERFILE)) <= VARIABLES


def test_what_the_image_copies_is_there_and_let_through() -> None:
    let_through = set((ROOT / ".dockerignore").read_text(encoding="utf-8").split())
    sources = [
        each for line in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE) for each in line.split()
    ]
    assert len(sources) > 5
    for each in sources:
        assert (ROOT / each).exists()
        assert f"!{each}" in let_through


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("each", OBJECTS, ids=lambda each: f"{each['kind']}-{each['metadata']['name']}")
def test_every_manifest_fits_its_schema(each: Plain, version: str) -> None:
    kubernetes_validate.validate(each, version, strict=True)


def test_the_validator_bites() -> None:
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate({**the("Deployment"), "spec": {"replica": 3}}, NEWEST, strict=True)


def test_several_replicas_stay_up_whatever_happens() -> None:
    spec = the("Deployment")["spec"]
    assert spec["replicas"] >= 2
    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert the("PodDisruptionBudget")["spec"]["minAvailable"] >= 1
    scaler = the("HorizontalPodAutoscaler")["spec"]
    assert spec["replicas"] == scaler["minReplicas"] > the("PodDisruptionBudget")["spec"]["minAvailable"]
    assert scaler["scaleTargetRef"]["name"] == the("Deployment")["metadata"]["name"]
    assert spec["template"]["spec"]["topologySpreadConstraints"]


def test_a_pod_has_no_privileges() -> None:
    pod = the("Deployment")["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    assert not any(container["image"].endswith(each) for each in (":latest", "bone-cds"))
    assert {"cpu", "memory"} <= set(container["resources"]["requests"])


def test_probes_ask_what_the_service_answers() -> None:
    (container,) = the("Deployment")["spec"]["template"]["spec"]["containers"]
    assert container["livenessProbe"]["httpGet"]["path"] == container["startupProbe"]["httpGet"]["path"] == "/healthz"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz?journal=optional"


def test_everything_that_is_named_is_there() -> None:
    labels = the("Deployment")["spec"]["template"]["metadata"]["labels"]
    for kind in ("Deployment", "PodDisruptionBudget"):
        assert the(kind)["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert the("Service")["spec"]["selector"].items() <= labels.items()
    assert the("NetworkPolicy")["spec"]["podSelector"]["matchLabels"].items() <= labels.items()
    pod = the("Deployment")["spec"]["template"]["spec"]
    assert {each["name"] for each in pod["containers"][0]["volumeMounts"]} == {each["name"] for each in pod["volumes"]}
    assert the("ConfigMap", pod["volumes"][0]["configMap"]["name"])
    assert pod["serviceAccountName"] == the("ServiceAccount")["metadata"]["name"]
    assert the("Ingress")["spec"]["rules"][0]["http"]["paths"][0]["path"] == "/cds-services"


def test_the_network_is_closed_but_for_what_is_needed() -> None:
    policy = the("NetworkPolicy")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert all(each.get("from") and each.get("ports") for each in policy["ingress"])
    assert all(each.get("to") and each.get("ports") for each in policy["egress"])
    wide = [to["ipBlock"] for each in policy["egress"] for to in each["to"] if "ipBlock" in to]
    assert all("169.254.0.0/16" in block["except"] for block in wide)


def test_the_settings_exist_and_are_safe_for_production(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = the("ConfigMap")["data"]
    assert ours(data) <= VARIABLES
    for name in os.environ:
        if name.startswith("BONE_CDS_"):
            monkeypatch.delenv(name)
    clients = clients_file(tmp_path, the("ConfigMap", "bone-cds-clients")["data"]["clients.yaml"])
    for name, value in {**data, **SECRET, "BONE_CDS_CLIENTS": str(clients)}.items():
        monkeypatch.setenv(name, value)
    assert list(objections(Settings(), read_clients(clients))) == []


SECRET = {
    "BONE_CDS_JOURNAL_DATABASE": "postgresql://bone_cds:q8Zr3nT0vKx5Lw2Hd7Yp@database/bone_cds",
    "BONE_CDS_JOURNAL_KEY": "q8Zr3nT0vKx5Lw2Hd7Ypq8Zr3nT0vKx5Lw2Hd7Yp",
}


def test_compose_starts_a_healthy_pair_with_secrets_that_are_nobodys() -> None:
    assert set(COMPOSE["services"]) == {"bone-cds", "database"}
    for service in COMPOSE["services"].values():
        assert service["healthcheck"]["test"]
        assert "no-new-privileges:true" in service["security_opt"]
        for name, value in service["environment"].items():
            assert not re.search("PASSWORD|KEY", name) or re.fullmatch(r".*\$\{\w+:\?.+\}.*", value), name
    service = COMPOSE["services"]["bone-cds"]
    assert service["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert ours(service["environment"]) <= VARIABLES
    assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()


def test_the_page_names_every_file() -> None:
    page = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    files = [each for each in DEPLOY.rglob("*") if each.is_file()]
    assert [each.name for each in files if each.relative_to(ROOT).as_posix() not in page] == []
    assert set(re.findall(r"BONE_CDS_\w+", page)) <= VARIABLES | {"BONE_CDS_"}
