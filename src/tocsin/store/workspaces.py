"""Workspaces, and the version of each one's configuration."""

from datetime import timedelta

from sqlalchemy import func, select, update

from tocsin.core.errors import NotFound
from tocsin.core.ids import WorkspaceId
from tocsin.core.reminders import Reminders
from tocsin.core.workspace import Workspace
from tocsin.store.bulk import insert_many as into
from tocsin.store.columns import from_json, instant, micros, span, to_json
from tocsin.store.statements import Statement, number, two_forms, words
from tocsin.store.tables import workspaces
from tocsin.store.transaction import Row, Tx

_INSERT = into(workspaces)
_w = workspaces.c
_GET = Statement(select(workspaces).where(_w.id == number("id")))
_ALL = Statement(select(workspaces).order_by(_w.id))
_COUNT = Statement(select(func.count()).select_from(workspaces))
_VERSION = Statement(select(_w.version).where(_w.id == number("id")))
_CHANGED = Statement(update(workspaces).where(_w.id == number("workspace")).values(version=_w.version + 1))
_SAVE = Statement(
    update(workspaces)
    .where(_w.id == number("workspace"))
    .values(
        name=words("new_name"),
        catch_all_policy_id=number("catch_all"),
        settings=words("new_settings"),
        ask_after=number("ask_after"),
        answer_within=number("answer_within"),
        pace=number("new_pace"),
        version=_w.version + 1,
    )
)

_LOCK_ALL = two_forms(sqlite="SELECT 1", postgresql="LOCK TABLE workspaces IN EXCLUSIVE MODE")


def lock_all(tx: Tx) -> None:
    """Let no other transaction add a workspace, or change one, until this one is over."""
    tx.run(_LOCK_ALL)


def add(tx: Tx, workspace: Workspace) -> None:
    """Store a new workspace."""
    row = (
        workspace.id,
        workspace.name,
        workspace.version,
        workspace.catch_all,
        to_json(workspace.settings),
        micros(workspace.created_at),
        *_written(workspace.reminders),
        span(workspace.pace),
    )
    tx.run_many(_INSERT, [row])
    tx.wake("config")


def get(tx: Tx, workspace: WorkspaceId) -> Workspace:
    """Read a workspace; raise NotFound when it is not there."""
    row = tx.one(_GET, id=workspace)
    if row is None:
        raise NotFound("workspace", str(workspace))
    return _workspace(row)


def all_(tx: Tx) -> list[Workspace]:
    """Read all workspaces, the oldest first."""
    return [_workspace(row) for row in tx.rows(_ALL)]


def count(tx: Tx) -> int:
    """Count the workspaces."""
    found: int = tx.scalar(_COUNT)
    return found


def save(tx: Tx, workspace: Workspace) -> None:
    """Store a workspace's new name, catch-all, settings, reminders and pace, and count its version up."""
    ask_after, within = _written(workspace.reminders)
    done = tx.run(
        _SAVE,
        workspace=workspace.id,
        new_name=workspace.name,
        catch_all=workspace.catch_all,
        new_settings=to_json(workspace.settings),
        ask_after=ask_after,
        answer_within=within,
        new_pace=span(workspace.pace),
    )
    if not done:
        raise NotFound("workspace", str(workspace.id))
    tx.wake("config")


def version(tx: Tx, workspace: WorkspaceId) -> int:
    """Read the version of a workspace's configuration, 0 when it is not there."""
    return tx.scalar(_VERSION, id=workspace) or 0


def changed(tx: Tx, workspace: WorkspaceId) -> None:
    """Count the version up, so that every node compiles the configuration anew.

    It locks the workspace: changes of one workspace's configuration follow one another.
    """
    if not tx.run(_CHANGED, workspace=workspace):
        raise NotFound("workspace", str(workspace))
    tx.wake("config")


def _workspace(row: Row) -> Workspace:
    return Workspace(
        id=row[0],
        name=row[1],
        version=row[2],
        catch_all=row[3],
        settings=from_json(row[4]),
        created_at=instant(row[5]),
        reminders=_reminders(row[6], row[7]),
        pace=timedelta(microseconds=row[8] or 0),
    )


def _written(reminders: Reminders | None) -> tuple[int | None, int | None]:
    if reminders is None:
        return None, None
    return span(reminders.ask_after), None if reminders.within is None else span(reminders.within)


def _reminders(ask_after: int | None, within: int | None) -> Reminders | None:
    if ask_after is None:
        return None
    answer = None if within is None else timedelta(microseconds=within)
    return Reminders(ask_after=timedelta(microseconds=ask_after), within=answer)
