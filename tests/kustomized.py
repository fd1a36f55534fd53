"""Kubernetes files as they are applied: the resources of a kustomization and of all below it.

No registry offers a pinned kustomize. This reads the parts of its format that deploy/kubernetes
uses; where kubectl is at hand, tests/test_kubernetes.py compares the result with kubectl's own.
"""

from pathlib import Path
from typing import Any

import yaml

Resource = dict[str, Any]
USED = {"apiVersion", "kind", "namespace", "resources", "images", "configMapGenerator", "labels"}


def documents(file: Path) -> list[Resource]:
    """The documents of a YAML file."""
    return [d for d in yaml.safe_load_all(file.read_text(encoding="utf-8")) if d]


def rendered(folder: Path) -> list[Resource]:
    """The resources that `kubectl apply -k` applies, but for the hashes in names of ConfigMaps."""
    said = documents(folder / "kustomization.yaml")[0]
    assert said.keys() <= USED, f"tests/kustomized.py can't read {said.keys() - USED}"
    found: list[Resource] = []
    for name in said.get("resources", []):
        path = folder / name
        found += rendered(path) if path.is_dir() else documents(path)
    for made in said.get("configMapGenerator", []):
        add_config(found, folder, made)
    for image in said.get("images", []):
        set_image(found, image)
    return found


def add_config(found: list[Resource], folder: Path, made: Resource) -> None:
    """Add a generated ConfigMap, or merge it into the one of a base."""
    data = dict(line.split("=", 1) for line in made.get("literals", []))
    data |= {Path(f).name: (folder / f).read_text(encoding="utf-8") for f in made.get("files", [])}
    if made.get("behavior") == "merge":
        one(found, "ConfigMap", made["name"])["data"].update(data)
        return
    found.append({"kind": "ConfigMap", "metadata": {"name": made["name"]}, "data": data})


def set_image(found: list[Resource], image: Resource) -> None:
    """Name another image in all pods."""
    for pod in map(pod_of, found):
        for container in pod["containers"] if pod else []:
            if container["image"].split(":")[0] == image["name"]:
                container["image"] = f"{image['newName']}:{image['newTag']}"


def pod_of(resource: Resource) -> Resource | None:
    """The pod that a resource makes, if it makes one."""
    if resource["kind"] not in {"Deployment", "CronJob", "StatefulSet"}:
        return None
    job = resource["spec"].get("jobTemplate", resource)
    pod: Resource = job["spec"]["template"]["spec"]
    return pod


def one(found: list[Resource], kind: str, name: str) -> Resource:
    """The resource of a kind and a name."""
    (same,) = [r for r in found if r["kind"] == kind and r["metadata"]["name"] == name]
    return same
