"""`lexun jobs`: what the background work is doing, and a second chance for what was given up."""

import uuid

import click

from backend.cli import run_connected, settings_or_exit
from backend.core import clock
from backend.core.jobs import DeadJob, WaitingJobs, counts, dead_jobs, retry_dead, waiting_jobs

ERROR_CHARACTERS_MAX = 300


@click.group()
def jobs() -> None:
    """Background work: what waits, what was given up, try it again."""


@jobs.command("list")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
def list_command(limit: int) -> None:
    """Count the jobs in each state; show what waits for its next try, and what was given up, the latest first."""
    by_state: dict[str, int] = {}
    waiting: list[WaitingJobs] = []
    dead: list[DeadJob] = []

    async def look() -> None:
        by_state.update(await counts())
        waiting.extend(await waiting_jobs())
        dead.extend(await dead_jobs(limit))

    run_connected(settings_or_exit(), look)
    click.echo(
        f"{by_state['todo']} waiting, {by_state['doing']} at work, {by_state['done']} done, "
        f"{by_state['dead']} given up"
    )
    for each in waiting:
        in_s = max(0.0, (each.next_at - clock.now()).total_seconds())
        click.echo(f"{each.name}: {each.jobs} for later, the next in {in_s:.0f} s")
        if each.last_error:
            click.echo(f"    {each.last_error[:ERROR_CHARACTERS_MAX]}")
    for job in dead:
        ago_min = (clock.now() - job.finished_at).total_seconds() // 60
        click.echo(f"{job.id}  {job.name}, {job.attempts} tries, given up {ago_min:.0f} min ago")
        click.echo(f"    {job.last_error[:ERROR_CHARACTERS_MAX]}")
    if dead:
        click.echo("Once the cause is mended: lexun jobs retry ID (or --all)")


@jobs.command("retry")
@click.argument("job_id", required=False, type=click.UUID)
@click.option("--all", "every", is_flag=True, help="All jobs that were given up.")
def retry_command(job_id: uuid.UUID | None, every: bool) -> None:
    """Let a job that was given up begin again with all its tries."""
    if (job_id is None) is not every:
        raise click.UsageError("name one job, or give --all")
    retried = 0

    async def retry() -> None:
        nonlocal retried
        while wanted := [job_id] if job_id else [job.id for job in await dead_jobs()]:
            retried += sum([await retry_dead(each) for each in wanted])
            if job_id:
                return

    run_connected(settings_or_exit(), retry)
    if job_id and not retried:
        raise click.ClickException(f"no job that was given up has the id {job_id}: see `lexun jobs list`")
    click.echo(f"{retried} {'job begins' if retried == 1 else 'jobs begin'} again.")
