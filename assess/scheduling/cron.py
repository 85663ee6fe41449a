"""A line of a crontab, and the script that it calls: cron knows neither secrets nor umask."""

import shlex
from pathlib import PurePosixPath

from assess.scheduling.job import Job, Written, environment_file, files_remark


def write(job: Job) -> Written:
    """The script, the line that calls it, and a form for the secrets if there are any."""
    script, table, secrets = f"{job.slug}.sh", f"{job.slug}.cron", f"{job.slug}.env"
    folder = PurePosixPath(job.folder)
    lines = ["#!/bin/sh", f"# Runs {job.slug}; cron calls it {job.when.said}.", "umask 077"]
    if job.environment:
        lines += ["set -a", f". {shlex.quote(str(folder / secrets))} || exit 2", "set +a"]
    lines += [f"exec {shlex.join(job.command)}", ""]
    called = shlex.quote(str(folder / script)).replace("%", "\\%")
    begin, end = f"# {job.slug}", f"# end of {job.slug}"
    files = {
        script: "\n".join(lines),
        table: "\n".join([begin, f"{job.when.cron} /bin/sh {called}", end, ""]),
    }
    told: list[str] = []
    if job.environment:
        files[secrets] = environment_file(job, str(folder / secrets))
        told = [
            (
                f"Fill in {secrets} in {job.folder}, then: "
                f"chmod 600 {shlex.quote(str(folder / secrets))}"
            )
        ]
    pattern = f"/^{begin}$/,/^{end}$/d".replace(".", "[.]")
    return Written(
        files,
        (*told, *files_remark(job)),
        (
            f"Put {script} into {job.folder}, then: chmod 700 {shlex.quote(str(folder / script))}",
            f"(crontab -l 2>/dev/null; cat {table}) | crontab -",
            "cron mails what the run says on standard error to MAILTO; exit codes are not told.",
        ),
        ("crontab -l", f"/bin/sh {shlex.quote(str(folder / script))}; echo $?   # once, now"),
        (
            f"crontab -l | sed '{pattern}' | crontab -",
            f"rm {shlex.quote(str(folder / script))}"
            + (f" {shlex.quote(str(folder / secrets))}" if job.environment else ""),
        ),
        private=(script, secrets) if job.environment else (script,),
    )
