"""A CronJob of Kubernetes: one volume for engagement file, history and reports; secrets by name.

Written with JSON's quotes, which YAML reads the same way.
"""

import hashlib
import json
import re
import shlex

from assess.scheduling.job import Job, Written

_HOME = "/var/lib/assess"
_LONGEST = 52  # characters of a CronJob's name


def write(job: Job) -> Written:
    """The manifest. The engagement file comes from a ConfigMap, which holds no secret either."""
    name = _name(job.slug)
    manifest, secret, volume = f"{name}.yaml", f"{name}-secrets", f"{name}-data"
    file = f"{_HOME}/{name}.toml"
    arguments = ["run", file, "--unattended", "-o", f"{_HOME}/reports", *job.options]
    lines = [
        "apiVersion: batch/v1",
        "kind: CronJob",
        f"metadata: {{name: {_text(name)}}}",
        "spec:",
        f"  schedule: {_text(job.when.cron)}",
        '  timeZone: "Etc/UTC"',
        "  concurrencyPolicy: Forbid",
        "  startingDeadlineSeconds: 3600",
        "  jobTemplate:",
        "    spec:",
        "      backoffLimit: 0",
        "      activeDeadlineSeconds: 14400",
        "      template:",
        "        spec:",
        "          restartPolicy: Never",
        "          automountServiceAccountToken: false",
        "          securityContext: {runAsNonRoot: true, runAsUser: 10001, fsGroup: 10001}",
        "          containers:",
        "            - name: assess",
        f"              image: {_text(job.image)}",
        f"              command: [{', '.join(map(_text, job.program))}]",
        f"              args: [{', '.join(map(_text, arguments))}]",
    ]
    if job.environment:
        lines.append("              env:")
        for variable in job.environment:
            lines += [
                f"                - name: {_text(variable)}",
                (
                    "                  valueFrom: {secretKeyRef: "
                    f"{{name: {_text(secret)}, key: {_text(variable)}}}}}"
                ),
            ]
    lines += [
        (
            "              securityContext: {allowPrivilegeEscalation: false, "
            'readOnlyRootFilesystem: true, capabilities: {drop: ["ALL"]}}'
        ),
        "              volumeMounts:",
        f"                - {{name: data, mountPath: {_text(_HOME)}}}",
        (
            f"                - {{name: engagement, mountPath: {_text(file)}, "
            'subPath: "engagement.toml", readOnly: true}'
        ),
        '                - {name: tmp, mountPath: "/tmp"}',
        "          volumes:",
        f"            - {{name: data, persistentVolumeClaim: {{claimName: {_text(volume)}}}}}",
        f"            - {{name: engagement, configMap: {{name: {_text(name)}}}}}",
        "            - {name: tmp, emptyDir: {}}",
        "",
    ]
    told = []
    if job.environment:
        keys = " ".join(f"--from-file={variable}={variable}.txt" for variable in job.environment)
        told = [
            (
                f"kubectl create secret generic {secret} {keys}   # each file holds one, without a "
                "line break; delete them then"
            ),
        ]
    told.append(
        "Best is no secret at all: the managed identity of the node or the workload "
        '(tenant.auth.method = "managed-identity").'
    )
    return Written(
        {manifest: "\n".join(lines)},
        tuple(told),
        (
            f"kubectl create configmap {name} --from-file=engagement.toml={shlex.quote(job.file)}",
            (f"Make a volume claim named {volume}; files that the engagement file names lie on it, "
            f"found from {_HOME}."),
            f"kubectl apply -f {manifest}",
            "The times are UTC: set timeZone for another clock.",
        ),
        (
            f"kubectl get cronjob {name}",
            f"kubectl create job --from=cronjob/{name} {name[:50]}-now   # once, now",
            (f"kubectl get jobs; kubectl logs job/{name[:50]}-now   # 1 and 3 show as failed: "
            "that is the verdict"),
        ),
        (
            f"kubectl delete cronjob {name}",
            f"kubectl delete configmap {name}" + (f" secret/{secret}" if job.environment else ""),
        ),
    )  # fmt: skip


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _name(slug: str) -> str:
    """A name as Kubernetes wants it: lower case, letters, digits and dashes."""
    safe = re.sub(r"[^a-z0-9]+", "-", slug.lower()).strip("-")
    if safe == slug and len(safe) <= _LONGEST:
        return safe
    return f"{safe[: _LONGEST - 7].strip('-')}-{hashlib.sha256(slug.encode()).hexdigest()[:6]}"
