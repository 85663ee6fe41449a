"""A timer and a service of systemd. Quoting: systemd.service(5), systemd.syntax(7)."""

import re
import shlex

from assess.errors import EngagementError
from assess.scheduling.job import Job, Written, environment_file, files_remark

_ACCOUNT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]*[$]?")


def write(job: Job) -> Written:
    """The two units, and a form for the secrets if there are any in the environment."""
    service, timer, secrets = f"{job.slug}.service", f"{job.slug}.timer", f"{job.slug}.env"
    place = f"/etc/assess/{secrets}"
    command, *arguments = job.command
    if job.account and not _ACCOUNT.fullmatch(job.account):
        raise EngagementError(f"--account {job.account!r} is no name of a Linux account")
    words = [_quoted(argument).replace("$", "$$") for argument in arguments]
    lines = [
        "[Unit]",
        f"Description=Readiness assessment, {job.slug}",
        "Wants=network-online.target",
        "After=network-online.target",
        "",
        "[Service]",
        "Type=oneshot",
        *([f"User={job.account}"] if job.account else []),
        # A program's own name is not searched for variables, arguments are.
        f"ExecStart={_quoted(command)} {' '.join(words)}",
        *([f"EnvironmentFile={place}"] if job.environment else []),
        "# Not ready (1) and undetermined (3) are answers, not failures of the job.",
        "SuccessExitStatus=1 3",
        "UMask=0077",
        "TimeoutStartSec=4h",
        "NoNewPrivileges=yes",
        "PrivateTmp=yes",
        "ProtectSystem=strict",
        "ProtectHome=read-only",
        f"ReadWritePaths={_quoted('-' + job.output)} {_quoted('-' + job.history)}",
        "",
    ]
    due = [
        "[Unit]",
        f"Description=When {service} is due",
        "",
        "[Timer]",
        f"OnCalendar={job.when.calendar}",
        "# A machine that was off makes up for it.",
        "Persistent=yes",
        f"Unit={service}",
        "",
        "[Install]",
        "WantedBy=timers.target",
        "",
    ]
    files = {service: "\n".join(lines), timer: "\n".join(due)}
    told: list[str] = []
    if job.environment:
        files[secrets] = environment_file(job, place)
        told = [
            f"Fill in {secrets}, then: sudo install -D -m 600 {secrets} {place}",
            (
                "Or keep them encrypted: `systemd-creds encrypt`, LoadCredentialEncrypted= in the "
                f'service, {{ file = "/run/credentials/{service}/NAME" }} in the engagement file.'
            ),
        ]
    made = f"{shlex.quote(job.output)} {shlex.quote(job.history)}"
    owner = f"-o {shlex.quote(job.account)} " if job.account else ""
    return Written(
        files,
        (*told, *files_remark(job)),
        (
            f"sudo install -m 644 {service} {timer} /etc/systemd/system/",
            f"sudo install -d -m 700 {owner}{made}",
            f"sudo systemctl daemon-reload && sudo systemctl enable --now {timer}",
        ),
        (
            f"systemctl list-timers {timer}",
            f"sudo systemctl start {service}   # once, now",
            f"journalctl -u {service}",
        ),
        (
            f"sudo systemctl disable --now {timer}",
            f"sudo rm /etc/systemd/system/{service} /etc/systemd/system/{timer}"
            + (f" {place}" if job.environment else ""),
            "sudo systemctl daemon-reload",
        ),
        private=(secrets,) if job.environment else (),
    )


def _quoted(text: str) -> str:
    """One word for systemd, whatever is in it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'
