"""What Prometheus may read: requests, jobs, live connections, push results, the database and the bus.

Labels never hold anything about a person: routes are templates, jobs and channels are names from the code.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

registry = CollectorRegistry()
ProcessCollector(registry=registry)
PlatformCollector(registry=registry)
GCCollector(registry=registry)

requests = Counter(
    "lexun_requests", "Requests answered, by route template", ["method", "route", "status"], registry=registry
)
request_seconds = Histogram(
    "lexun_request_seconds",
    "Time from a request to the end of its answer; streams are not counted here",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=registry,
)
sse_clients = Gauge("lexun_sse_clients", "Open event streams of this process", registry=registry)

jobs = Gauge("lexun_jobs", "Rows of the job table, by state, when last read", ["state"], registry=registry)
oldest_due_job_seconds = Gauge(
    "lexun_oldest_due_job_seconds", "How long the most overdue job has been waiting", registry=registry
)
jobs_run = Counter("lexun_jobs_run", "Job attempts of this process", ["name", "outcome"], registry=registry)
job_seconds = Histogram(
    "lexun_job_seconds",
    "Time a job attempt took",
    ["name"],
    buckets=(0.01, 0.05, 0.25, 1, 5, 30, 120, 600),
    registry=registry,
)

push_results = Counter(
    "lexun_push_results",
    "Web Push messages handed to a push service, by its answer",
    ["result"],
    registry=registry,
)

units_of_work = Counter(
    "lexun_units_of_work",
    "Transactions, by outcome: committed, rolled_back or tried_again",
    ["outcome"],
    registry=registry,
)
bus_missed = Counter(
    "lexun_bus_missed", "Messages that a reader lost, or may have lost, between processes", registry=registry
)
positions = Counter(
    "lexun_positions",
    "Positions received, by what became of them: stored, duplicate, or the code of their refusal",
    ["result"],
    registry=registry,
)
throttled = Counter("lexun_throttled", "Requests refused for coming too fast", ["limit"], registry=registry)


def exposition() -> bytes:
    """Everything above in Prometheus' text format."""
    return generate_latest(registry)
