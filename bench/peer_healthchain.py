"""Yardstick (c): HealthChain with an order-select handler that reads its prefetch as HealthChain documents it.

Runs in an environment of its own, so it imports nothing of ours.
"""

from __future__ import annotations

import logging
import sys

import uvicorn
from healthchain.gateway import CDSHooksService, HealthChainAPI
from healthchain.io import CdsFhirAdapter
from healthchain.models import CDSRequest, CDSResponse

logging.disable(logging.WARNING)
service, adapter = CDSHooksService(), CdsFhirAdapter()


@service.hook("order-select", id="ici-bone-health-order-select")
def order_select(request: CDSRequest) -> CDSResponse:
    """The prefetch as HealthChain's own document, and one constant card."""
    adapter.parse(request)
    return CDSResponse(cards=[{"summary": "constant", "indicator": "info", "source": {"label": "bench"}}])


app = HealthChainAPI()
app.register_service(service, path="/cds")

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error", access_log=False)
