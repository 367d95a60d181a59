// Datadog's own JavaScript client: "page <title>" goes from a user to a page, "acknowledge <id>" ends it. Either
// prints JSON. The server's address is the first argument; the keys are DD_API_KEY and DD_APP_KEY.

const { client, v1, v2 } = require("@datadog/datadog-api-client");

const address = new URL(process.argv[2]);
const configuration = client.createConfiguration({ serverIndex: 1 });
configuration.setServerVariables({ protocol: address.protocol.replace(":", ""), name: address.host });

const users = new v2.UsersApi(configuration);
const teams = new v2.TeamsApi(configuration);
const onCall = new v2.OnCallApi(configuration);
const paging = new v2.OnCallPagingApi(configuration);

/** Return an answer, in which the client must have known every type and every word. */
function parsed(answer, path = "answer") {
  if (answer === null || typeof answer !== "object" || answer instanceof Date) return answer;
  if (answer.constructor.name === "UnparsedObject" || answer._unparsed) {
    throw new Error(`the client cannot read ${path}: ${JSON.stringify(answer)}`);
  }
  for (const [name, value] of Object.entries(answer)) parsed(value, `${path}.${name}`);
  return answer;
}

async function user(name) {
  const attributes = { email: `${name}@js.example`, name };
  return parsed(await users.createUser({ body: { data: { type: "users", attributes } } })).data;
}

async function policy(...targets) {
  const steps = targets.map((target) => ({ escalateAfterSeconds: 60, targets: [target] }));
  const data = { type: "policies", attributes: { name: "Ladder", steps } };
  const include = "teams,steps,steps.targets";
  return parsed(await onCall.createOnCallEscalationPolicy({ body: { data }, include })).data.id;
}

async function acknowledge(pageId) {
  await paging.escalateOnCallPage({ pageId });
  await paging.acknowledgeOnCallPage({ pageId });
  console.log(JSON.stringify({ page: pageId }));
}

async function page(title) {
  if (!(await new v1.AuthenticationApi(configuration).validate()).valid) throw new Error("the key is no good");
  const [ana, ben] = [await user("ana"), await user("ben")];
  const team = parsed(
    await teams.createTeam({
      body: { data: { type: "team", attributes: { handle: "js", name: "JavaScript" } } },
    })
  ).data;
  for (const each of [ana, ben]) {
    const relationships = { user: { data: { id: each.id, type: "users" } } };
    const body = { data: { type: "team_memberships", relationships } };
    parsed(await teams.createTeamMembership({ teamId: team.id, body }));
  }
  parsed(await teams.getTeamMemberships({ teamId: team.id }));

  const layer = {
    name: "Daily",
    effectiveDate: new Date(Date.now() - 86400000),
    rotationStart: new Date(Date.now() - 86400000),
    interval: { days: 30 },
    members: [{ user: { id: ana.id } }],
  };
  const schedule = parsed(
    await onCall.createOnCallSchedule({
      body: {
        data: {
          type: "schedules",
          attributes: { name: "Primary", timeZone: "Europe/Berlin", layers: [layer] },
          relationships: { teams: { data: [{ id: team.id, type: "teams" }] } },
        },
      },
      include: "teams,layers,layers.members,layers.members.user",
    })
  ).data;
  const shift = parsed(await onCall.getScheduleOnCallUser({ scheduleId: schedule.id, include: "user" }));

  const ladder = await policy({ type: "schedules", id: schedule.id }, { type: "users", id: ben.id });
  const channel = parsed(
    await onCall.createUserNotificationChannel({
      userId: ana.id,
      body: {
        data: {
          type: "notification_channels",
          attributes: { config: { type: "email", address: "ana@night.example", formats: ["html"] } },
        },
      },
    })
  ).data;
  parsed(
    await onCall.createUserNotificationRule({
      userId: ana.id,
      body: {
        data: {
          type: "notification_rules",
          attributes: { category: "high_urgency", delayMinutes: 0 },
          relationships: { channel: { data: { id: channel.id, type: "notification_channels" } } },
        },
      },
    })
  );
  const escalate = { type: "escalation_policy", policyId: ladder, urgency: "high", ackTimeoutMinutes: 30 };
  parsed(
    await onCall.setOnCallTeamRoutingRules({
      teamId: team.id,
      body: { data: { type: "team_routing_rules", attributes: { rules: [{ actions: [escalate] }] } } },
      include: "rules",
    })
  );
  const onDuty = parsed(await onCall.getTeamOnCallUsers({ teamId: team.id, include: "responders" }));

  const target = { type: "team_handle", identifier: "js" };
  const attributes = { title, urgency: "high", target, tags: ["env:prod"] };
  const made = parsed(await paging.createOnCallPage({ body: { data: { type: "pages", attributes } } })).data;

  console.log(
    JSON.stringify({
      page: made.id,
      shift: shift.included[0].id,
      onDuty: onDuty.included.map((each) => each.id),
      ana: ana.id,
    })
  );
}

const [what, about] = process.argv.slice(3);
(what === "page" ? page : acknowledge)(about).catch((error) => {
  console.error(error);
  process.exit(1);
});
