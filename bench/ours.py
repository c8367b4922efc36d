"""What is measured: the service as it is deployed, from default settings."""

from __future__ import annotations

from bench.serving import port_given
from cds.settings import Settings
from cds.web import serve

if __name__ == "__main__":
    serve(Settings(port=port_given(), sandbox=False, log_level="warning"))
