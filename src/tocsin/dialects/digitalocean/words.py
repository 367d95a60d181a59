"""The words of App Platform's alerts: rules, operators, windows.

The published description and the vendor's own Go client each know rules that the other does not; both are
taken. Which component a rule is for is not checked: the description itself shows alerts in one place only.
"""

from typing import Final, Literal

Rule = Literal[
    "DEPLOYMENT_FAILED",
    "DEPLOYMENT_LIVE",
    "DEPLOYMENT_STARTED",
    "DEPLOYMENT_CANCELED",
    "DOMAIN_FAILED",
    "DOMAIN_LIVE",
    "AUTOSCALE_FAILED",
    "AUTOSCALE_SUCCEEDED",
    "CPU_UTILIZATION",
    "MEM_UTILIZATION",
    "RESTART_COUNT",
    "REQUESTS_PER_SECOND",
    "REQUEST_DURATION_P95_MS",
    "JOB_INVOCATION_FAILED",
    "FUNCTIONS_ACTIVATION_COUNT",
    "FUNCTIONS_AVERAGE_DURATION_MS",
    "FUNCTIONS_ERROR_RATE_PER_MINUTE",
    "FUNCTIONS_AVERAGE_WAIT_TIME_MS",
    "FUNCTIONS_ERROR_COUNT",
    "FUNCTIONS_GB_RATE_PER_SECOND",
]
Operator = Literal["UNSPECIFIED_OPERATOR", "GREATER_THAN", "LESS_THAN"]
Span = Literal["UNSPECIFIED_WINDOW", "FIVE_MINUTES", "TEN_MINUTES", "THIRTY_MINUTES", "ONE_HOUR"]

SIGNS: Final = {"GREATER_THAN": ">", "LESS_THAN": "<"}
UNSPECIFIED: Final = "UNSPECIFIED_"

THRESHOLD_RULES: Final = frozenset(
    {
        "CPU_UTILIZATION",
        "MEM_UTILIZATION",
        "RESTART_COUNT",
        "REQUESTS_PER_SECOND",
        "REQUEST_DURATION_P95_MS",
        "FUNCTIONS_ACTIVATION_COUNT",
        "FUNCTIONS_AVERAGE_DURATION_MS",
        "FUNCTIONS_ERROR_RATE_PER_MINUTE",
        "FUNCTIONS_AVERAGE_WAIT_TIME_MS",
        "FUNCTIONS_ERROR_COUNT",
        "FUNCTIONS_GB_RATE_PER_SECOND",
    }
)
"""Rules that compare a measured value; they need an operator, a value and a window."""

DEFAULT_ALERTS: Final = ("DEPLOYMENT_FAILED", "DOMAIN_FAILED")
"""What an app is alerted to when its spec says nothing of alerts: so exported specs of the original look."""
