"""What is counted at the carrier's door."""

from prometheus_client import Counter, Gauge, Histogram

ANSWERED = Counter(
    "callcenter_webhooks", "The carrier's requests that were answered.", ["kind", "status"]
)
REFUSED = Counter(
    "callcenter_webhooks_refused", "Requests turned away at the carrier's door.", ["status"]
)
SECONDS = Histogram(
    "callcenter_webhook_seconds",
    "From a request's last byte to its answer.",
    ["kind"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15),
)
WAITING_TO_BE_WRITTEN = Gauge(
    "callcenter_news_unwritten", "Carrier news that has arrived and is not yet in the database."
)
