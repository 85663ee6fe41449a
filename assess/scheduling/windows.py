"""A task of the Windows Task Scheduler: XML of schema 1.2, UTF-16, for `schtasks /create /xml`.

Secrets: a task has no environment of its own. A script decrypts what only the account that runs
can (DPAPI) and hands it on in memory; without secrets in the environment there is no script.
"""

import re
import subprocess
from pathlib import PureWindowsPath
from xml.etree import ElementTree as ET

from assess.errors import EngagementError
from assess.scheduling.job import Job, Written, files_remark

_NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
# Any date of the past: the trigger counts from there on.
_BEGIN = "2020-01-01"
# What PowerShell takes for a single quote.
_QUOTES = re.compile("(['\u2018\u2019\u201a\u201b])")
_POWERSHELL = r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe"


def write(job: Job) -> Written:
    """The task, and the script with its secrets if there are any in the environment."""
    for text in (*job.command, job.folder):
        if "%" in text or "$(" in text or '"' in text:
            raise EngagementError(
                f"{text!r}: the Task Scheduler would replace what stands between % signs or in "
                "$(…), and Windows has no quotes in paths. Rename it"
            )
    for text in (job.program[0], job.file, job.folder):
        if not PureWindowsPath(text).drive:
            raise EngagementError(
                f"{text!r} is no path of Windows. Say with --as and --program what that machine "
                r"calls them, such as 'D:\assess\contoso.toml' and 'D:\assess\assess.exe'"
            )
    task, script = f"{job.slug}.xml", f"{job.slug}.ps1"
    command, *arguments = (part.rstrip("\\") or part for part in job.command)
    files: dict[str, str] = {}
    told: list[str] = []
    if job.environment:
        place = PureWindowsPath(job.folder) / script
        files[script] = _script(job, [command, *arguments])
        arguments = ["-NoProfile", "-NonInteractive", "-ExecutionPolicy", "RemoteSigned", "-File",
                     str(place)]  # fmt: skip
        command = _POWERSHELL
        told = [
            (
                f"Put {script} into {job.folder}. As the account that runs (DPAPI binds each to "
                "the account and the machine), once for each of "
                f"{', '.join(job.environment)}, in PowerShell:"
            ),
            (
                f"  Read-Host -AsSecureString | Export-Clixml -LiteralPath "
                f"{_powershell(_kept(job, 'NAME'))}"
            ),
        ]
    files = {task: _task(job, command, arguments), **files}
    path = f"\\assess\\{job.slug}"
    who = job.account or "CONTOSO\\assess$"
    return Written(
        files,
        (
            *told,
            *files_remark(job),
            ("Best is no secret at all: a certificate that only that account may read (icacls), a "
            "managed identity."),
        ),
        (
            (f"A group managed service account ({who}) has a password that nobody knows; give it "
            "'Log on as a batch job'."),
            f'schtasks /create /tn "{path}" /xml {task} /ru "{who}" /rp ""'
            if who.endswith("$")
            else f'schtasks /create /tn "{path}" /xml {task} /ru "{who}" /rp *',
        ),
        (
            f'schtasks /query /tn "{path}" /v /fo list',
            f'schtasks /run /tn "{path}"   (once, now; "Last Result" is the exit code)',
        ),
        (f'schtasks /delete /tn "{path}" /f', f"Delete {script} and the .xml files of its secrets."
         if job.environment else "Nothing else is left."),
        {task: "utf-16", script: "utf-8-sig"},
    )  # fmt: skip


def _kept(job: Job, name: str) -> str:
    return str(PureWindowsPath(job.folder) / f"{job.slug}.{name}.xml")


def _powershell(text: str) -> str:
    return "'" + _QUOTES.sub(r"\1\1", text) + "'"


def _script(job: Job, command: list[str]) -> str:
    lines = [
        f"# Runs {job.slug}. Decrypts what only this account on this machine can (DPAPI).",
        "$ErrorActionPreference = 'Stop'",
    ]
    for name in job.environment:
        lines += [
            f"$secret = Import-Clixml -LiteralPath {_powershell(_kept(job, name))}",
            f"$env:{name} = [System.Net.NetworkCredential]::new('', $secret).Password",
        ]
    lines += [f"& {' '.join(map(_powershell, command))}", "exit $LASTEXITCODE", ""]
    return "\r\n".join(lines)


def _task(job: Job, command: str, arguments: list[str]) -> str:
    ET.register_namespace("", _NAMESPACE)
    root = ET.Element(f"{{{_NAMESPACE}}}Task", version="1.2")

    def add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
        made = ET.SubElement(parent, f"{{{_NAMESPACE}}}{name}", attributes)
        made.text = text or None
        return made

    info = add(root, "RegistrationInfo")
    add(info, "Description", f"Readiness assessment, {job.slug}")
    add(info, "URI", f"\\assess\\{job.slug}")
    trigger = add(add(root, "Triggers"), "CalendarTrigger")
    add(trigger, "StartBoundary", f"{_BEGIN}T{job.when.time}:00")
    add(trigger, "Enabled", "true")
    if job.when.weekday is not None:
        week = add(trigger, "ScheduleByWeek")
        add(week, "WeeksInterval", "1")
        add(add(week, "DaysOfWeek"), _DAYS[job.when.weekday])
    elif job.when.day is not None:
        month = add(trigger, "ScheduleByMonth")
        add(add(month, "DaysOfMonth"), "Day", str(job.when.day))
        months = add(month, "Months")
        for name in _MONTHS:
            add(months, name)
    else:
        add(add(trigger, "ScheduleByDay"), "DaysInterval", "1")
    principal = add(add(root, "Principals"), "Principal", id="Author")
    add(principal, "UserId", job.account or "CONTOSO\\assess$")
    add(principal, "LogonType", "Password")
    add(principal, "RunLevel", "LeastPrivilege")
    settings = add(root, "Settings")
    for name, value in (
        ("MultipleInstancesPolicy", "IgnoreNew"), ("DisallowStartIfOnBatteries", "false"),
        ("StopIfGoingOnBatteries", "false"), ("StartWhenAvailable", "true"),
        ("RunOnlyIfNetworkAvailable", "true"), ("Enabled", "true"), ("Hidden", "false"),
        ("ExecutionTimeLimit", "PT4H"),
    ):  # fmt: skip
        add(settings, name, value)
    action = add(add(root, "Actions", Context="Author"), "Exec")
    add(action, "Command", command)
    add(action, "Arguments", subprocess.list2cmdline(arguments))
    ET.indent(root)
    return (
        '<?xml version="1.0" encoding="UTF-16"?>\n' + ET.tostring(root, encoding="unicode") + "\n"
    )
