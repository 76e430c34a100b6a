"""The REST API 2010-04-01: pure functions from a request to an answer.

Layers, each importing only those above it:

    exchange  form  addresses  dates                         values read from the wire
    asked  answers  shapes  paging  credentials  routes      what every operation needs
    parties  documents  …_forms  voice_urls                  orders, read and checked
    calls  conferences  participants  queues  recordings  …  one module per resource
    table                                                    which path is which operation
    service                                                  `handle`
"""

from sandbox.rest.exchange import RestAnswer, RestRequest
from sandbox.rest.service import handle

__all__ = ["RestAnswer", "RestRequest", "handle"]
