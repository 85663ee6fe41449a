"""results.json, schema version 1.0: written, read back, and its schema."""

from importlib import resources
from typing import Any

import msgspec

from assess.errors import RecordingError
from assess.results.shapes import Results

SCHEMA_VERSION = "1.0"


def to_json(results: Results) -> bytes:
    """results.json: indented, UTF-8, same results same bytes."""
    return msgspec.json.format(msgspec.json.encode(results, enc_hook=str), indent=1) + b"\n"


def from_json(data: bytes, *, origin: str = "results.json") -> Results:
    """Read results.json back. Raises RecordingError, saying what is wrong with it."""
    try:
        results = msgspec.json.decode(data, type=Results)
    except msgspec.MsgspecError as error:
        raise RecordingError(f"{origin} is not a results file of this tool: {error}") from error
    if results.schema_version.partition(".")[0] != SCHEMA_VERSION.partition(".")[0]:
        raise RecordingError(f"{origin} has the schema version {results.schema_version}")
    return results


def schema() -> dict[str, Any]:
    """The JSON Schema of results.json, made from the types. Every key is always present."""
    made = msgspec.json.schema(Results)
    for definition in made["$defs"].values():
        if "properties" in definition:
            definition["required"] = list(definition["properties"])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def shipped_schema() -> str:
    """The schema file that ships with the tool."""
    return resources.files("assess").joinpath("results.schema.json").read_text(encoding="utf-8")
