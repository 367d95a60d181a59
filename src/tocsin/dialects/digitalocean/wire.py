"""Apps, alerts and deployments over the wire."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

Page = Annotated[int, Meta(ge=1, description="which page, from 1")]
PerPage = Annotated[int, Meta(ge=1, le=200, description="how many on a page")]


class AppsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which apps to list: a page of them, or the one of that *name*."""

    page: Page = 1
    per_page: PerPage = 20
    with_projects: str = ""
    name: str = ""


class PagesQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which page to list."""

    page: Page = 1
    per_page: PerPage = 20


class NewApp(msgspec.Struct, frozen=True, kw_only=True):
    """An app to make, or to change an app into."""

    spec: dict[str, Any]
    project_id: str | None = None
    update_all_source_versions: bool | None = None


class NewDestinations(msgspec.Struct, frozen=True, kw_only=True):
    """Where an alert is to go; what is absent or null is empty."""

    emails: list[str] | None = None
    slack_webhooks: list["SlackWebhook"] | None = None


class SlackWebhook(msgspec.Struct, frozen=True, kw_only=True):
    """A Slack webhook, and the channel that it is said to post to."""

    url: str
    channel: str | None = None


class SlackWebhookView(msgspec.Struct, frozen=True):
    """A Slack webhook of an alert."""

    url: str
    channel: str


class Reason(msgspec.Struct, frozen=True):
    """Why a step failed."""

    code: str
    message: str


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """One step on the way to a working alert, or to a deployment."""

    name: str
    status: str
    started_at: str | UnsetType = UNSET
    ended_at: str | UnsetType = UNSET
    reason: Reason | UnsetType = UNSET


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """The steps, and where they have come to."""

    steps: list[StepView]
    pending_steps: int | UnsetType = UNSET
    running_steps: int | UnsetType = UNSET
    success_steps: int | UnsetType = UNSET
    error_steps: int | UnsetType = UNSET
    total_steps: int | UnsetType = UNSET


class AlertView(msgspec.Struct, frozen=True, kw_only=True):
    """An alert of an app."""

    id: str
    component_name: str | UnsetType = UNSET
    spec: dict[str, Any]
    emails: list[str]
    slack_webhooks: list[SlackWebhookView]
    phase: str
    progress: Progress


class AlertDocument(msgspec.Struct, frozen=True):
    """One alert."""

    alert: AlertView


class AlertList(msgspec.Struct, frozen=True):
    """Every alert of an app."""

    alerts: list[AlertView]


class DeploymentView(msgspec.Struct, frozen=True, kw_only=True):
    """The one deployment that an app here has: Tocsin deploys nothing, and clients wait for it."""

    id: str
    spec: dict[str, Any]
    phase: str = "ACTIVE"
    cause: str = "app spec updated"
    created_at: str
    updated_at: str
    phase_last_updated_at: str
    progress: Progress


class DeploymentDocument(msgspec.Struct, frozen=True):
    """One deployment."""

    deployment: DeploymentView


class AppView(msgspec.Struct, frozen=True, kw_only=True):
    """An app."""

    id: str
    owner_uuid: str
    spec: dict[str, Any]
    project_id: str | UnsetType = UNSET
    created_at: str
    updated_at: str
    active_deployment: DeploymentView


class AppDocument(msgspec.Struct, frozen=True):
    """One app."""

    app: AppView


class Links(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the other pages are, those that make sense."""

    pages: dict[str, str] | UnsetType = UNSET


class Total(msgspec.Struct, frozen=True):
    """How many there are in all."""

    total: int


class AppList(msgspec.Struct, frozen=True):
    """A page of apps."""

    apps: list[AppView]
    links: Links
    meta: Total


class DeploymentList(msgspec.Struct, frozen=True):
    """A page of deployments."""

    deployments: list[DeploymentView]
    links: Links
    meta: Total


class Deleted(msgspec.Struct, frozen=True):
    """What was deleted."""

    id: str


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """What would become of a spec."""

    app_name_available: bool
    app_name_suggestion: str | UnsetType = UNSET
    app_is_static: bool = False
    existing_static_apps: str = "0"
    app_cost: float = 0
    spec: dict[str, Any]
