"""What is measured: the service from default settings; what it decides is remembered in this process alone."""

from __future__ import annotations

from bench.serving import port_given
from cds.settings import Settings
from cds.web import serve

if __name__ == "__main__":
    serve(Settings(port=port_given(), sandbox=False, fhir_server=False, log_level="warning"))
