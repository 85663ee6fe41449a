"""The collected files of an export, named to the readers that want them.

Where ``files.site_export`` is given and a key such as ``files.collected_server_certs`` is not, the
files of the export take its place. A key that is set goes before.
"""

from collections.abc import Mapping
from typing import Any

from assess.connectors.export_package import Manifest, Package
from assess.engagement import Engagement

KEY = "files.site_export"
# Key, the section of the collector that writes its files, and the path of the file or their folder.
FILES: Mapping[str, tuple[str, str]] = {
    "files.collected_server_certs": ("servers", "collected/servers.json"),
    "files.collected_client_certs": ("clients", "collected/clients.json"),
    "files.collected_root_store": ("roots", "collected/roots.json"),
    "files.collected_gpresult": ("groups", "collected/groups"),
}
LOGS = "logs"


def with_export(engagement: Engagement) -> Engagement:
    """The same engagement, with the files of its export under the keys that are not set.

    An export that cannot be read, and a section of it that failed, is named too: then the reader of
    the file says what is wrong with it.
    """
    export = engagement.get(KEY)
    if not export:
        return engagement
    package = Package(engagement.folder / export)
    try:
        manifest: Manifest | None = package.manifest
    except OSError:
        manifest = None
    found = {
        key: [f"{export}/{path}" for path in _paths(manifest, section, path)]
        for key, (section, path) in FILES.items()
        if engagement.get(key) is None
    }
    values: dict[str, Any] = {key: paths for key, paths in found.items() if paths}
    if engagement.get("files.log_dir") is None and _holds_logs(manifest):
        # A folder with logs, or the ZIP that holds them.
        inside = f"{export}/{LOGS}" if package.path.is_dir() else export
        values["files.log_dir"] = inside
    package.close()
    return engagement.having(values)


def _paths(manifest: Manifest | None, section: str, path: str) -> list[str]:
    if manifest is None:
        return [path]
    inside = sorted(
        one.path for one in manifest.files if one.path == path or one.path.startswith(f"{path}/")
    )
    failed = any(one.name == section and one.state == "failed" for one in manifest.sections)
    return inside or ([path] if failed else [])


def _holds_logs(manifest: Manifest | None) -> bool:
    return manifest is not None and any(one.path.startswith(f"{LOGS}/") for one in manifest.files)
