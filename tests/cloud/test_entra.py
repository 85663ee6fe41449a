"""The token service, asked by the real MSAL and by hand."""

import datetime
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import jwt
import msal
import pytest
import requests
from conftest_names import ADA, DESKTOP, MACHINE, POOR, TENANT, TOOL
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from cloud import App, Cloud, Tenant
from cloud.entra import conditional_access
