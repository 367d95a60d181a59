"""A program of its own, for atlasapi takes its address from the environment: list, read, acknowledge.

The arguments are the keys, the project, an open alert, and one that is over and was told of: this client can
read no other. What came back is printed as JSON.
"""

import json
import sys

from atlasapi.atlas import Atlas
from atlasapi.specs import AlertStatusSpec

public, private, group, alert, over = sys.argv[1:]
client = Atlas(public, private, group)
listed = client.Alerts.get_all_alerts(AlertStatusSpec.OPEN, iterable=False)
every = [each["id"] for each in client.Alerts.get_all_alerts(iterable=True)]
one = client.Alerts.get_an_alert(over)
held = client.Alerts.acknowledge_an_alert(alert, None, "looking")
print(
    json.dumps(
        {
            "listed": [each["id"] for each in listed["results"]],
            "every": every,
            "resolved": one.resolved,
            "status": one.status,
            "held": held,
        },
        default=str,
    )
)
