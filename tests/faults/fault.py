"""One fault: what it does to the system, what is allowed meanwhile, and what came of it."""

import time
from dataclasses import dataclass, field, replace

from model import (
    ANSWER_S, BATCH, CACHE_S, FRESH_S, LEASE_S, SINGLE, SLACK_S, STREAM, Allowance,
)
from load import NEVER, TRUTHS
from sandbox.errors import SandboxError

CALM_S = 1.0  # all is well when every answer for so long is right
# And so long after everything has been seen anew: what nginx had fetched before it still answers.
CACHED_S = CACHE_S + SLACK_S
SEEN_S = 10.0  # until a change of every user has been made and seen, of which a stream may take 5
LOOK_S = 0.1
RETURN_S = 7.0  # a stream that is cut is back after so long: browsers wait up to 5 s before they ask
SHOWN_PROBLEMS = 5

registry = []


@dataclass(frozen=True)
class Fault:
    """`run(rig, load, hold_s)` breaks something, holds it for a while, and makes it whole again.

    `hold_s` and `long_s` are how long in the short and in the long form; `back_s` and `back_long_s`
    are promised: from the end of the fault until every answer is right and fresh.
    """

    name: str
    group: str
    text: str
    run: object
    allowance: Allowance
    hang: bool
    back_s: float
    back_long_s: float
    hold_s: float
    long_s: float
    only_long: bool


@dataclass
class Outcome:
    """What came of one fault; seconds."""

    fault: Fault
    promised_s: float  # until all is well again
    held_s: float = 0.0
    answers: int = 0
    outage_s: float = 0.0
    stale_s: float = 0.0
    block_s: float = 0.0
    gap_s: float = 0.0
    back_s: float | None = None
    problems: list = field(default_factory=list)

    @property
    def passed(self):
        return not self.problems


def fault(
    text, back_s, outage=False, refusal=False, stale=False, silence=False, hang=False, hold_s=1.5,
    long_s=None, back_long_s=None, only_long=False,
):
    """Registers a function as a fault, by its name and its module's (cases_GROUP).

    `outage`: 503 is right meanwhile; `refusal`: so is no connection; `stale`: presence may be as
    old as the lease lets it. `silence`: what carries streams hangs, so they do not end, and show
    what they showed. `hang`: what answers hangs, so an answer comes when that is over.
    """
    stale_s = LEASE_S + CACHE_S if stale else FRESH_S

    def register(run):
        registry.append(Fault(
            run.__name__.replace("_", "-"), run.__module__.removeprefix("cases_"), text, run,
            Allowance(stale_s, outage, refusal, silence), hang, back_s, back_long_s or back_s, hold_s,
            long_s or hold_s, only_long,
        ))
        return run

    return register


def inflict(chosen, rig, load, is_long):
    """Runs one fault under the load, which must be calm; returns the outcome."""
    outcome = Outcome(chosen, chosen.back_long_s if is_long else chosen.back_s)
    first = len(load.answers)
    begin = time.monotonic()
    try:
        chosen.run(rig, load, chosen.long_s if is_long else chosen.hold_s)
    except SandboxError as problem:
        outcome.problems.append(f"the fault itself: {problem}")
    over = time.monotonic()
    outcome.held_s = over - begin
    if not _wait_for_calm(load, over, outcome.promised_s):
        outcome.problems.append(f"not well again within {outcome.promised_s:g} s")
    strict_from = time.monotonic()
    time.sleep(CALM_S)
    answers = sorted(load.answers[first:], key=lambda answer: answer.begin)
    _sum_up(outcome, load, answers, strict_from, over)
    outcome.gap_s = load.longest_gap_s(begin)
    if outcome.gap_s > RETURN_S + _outage_s(outcome):
        outcome.problems.append(f"a watcher had no stream for {outcome.gap_s:.1f} s")
    outcome.problems += load.problems
    outcome.problems += [
        f"{name} has ended" for name, process in rig.processes().items() if not process.is_alive()
    ]
    return outcome


def _outage_s(outcome):
    """For how long it may have been impossible to have a stream."""
    allowance = outcome.fault.allowance
    return outcome.held_s if allowance.outage or allowance.refusal else 0.0


def wait_for_calm(load, seconds):
    """Waits until all is well before the first fault."""
    if not _wait_for_calm(load, time.monotonic(), seconds):
        raise SandboxError("the system is not well even without a fault")


def _wait_for_calm(load, since, back_s):
    """Waits until all is well; returns whether the last wrong answer came within `back_s`.

    It is when for a while no answer was wrong and of everybody a change was seen, in every way of
    asking, that was made after `since`, and every watcher has a stream: old states do not count as
    wrong from the first moment on.
    """
    last_bad = last_seen = since
    unseen = {(user, via) for user in set(TRUTHS) - load.absent for via in (SINGLE, BATCH, STREAM)}
    index = max(0, len(load.answers) - 1)
    while (now := time.monotonic()) < since + back_s + SEEN_S:
        for answer in load.answers[index:]:
            index += 1
            verdict = load.model.judge(answer, Allowance())
            if answer.end > since and not verdict.good:
                last_bad = answer.end
            shown = (answer.user, answer.via)
            if shown in unseen and verdict.state is not None and verdict.state.begin > since:
                unseen.discard(shown)
                last_seen = answer.end
        are_back = all(watcher.is_connected for watcher in load.watchers)
        is_calm = now - last_bad >= CALM_S and now - last_seen >= CACHED_S
        if not unseen and are_back and is_calm:
            return last_bad - since <= back_s
        time.sleep(LOOK_S)
    return False


def _sum_up(outcome, load, answers, strict_from, over):
    """Judges every answer of the case and finds the longest of everything."""
    outcome.answers = len(answers)
    meanwhile = outcome.fault.allowance
    if outcome.fault.hang:
        meanwhile = replace(meanwhile, answer_s=ANSWER_S + outcome.held_s)
    outages = {}
    last_bad = over
    for answer in answers:
        allowance = meanwhile if answer.begin < strict_from else Allowance()
        verdict = load.model.judge(answer, allowance)
        if verdict.problem is not None:
            outcome.problems.append(f"{answer.user} {answer.via}: {verdict.problem}")
        outcome.stale_s = max(outcome.stale_s, verdict.stale_s)
        outcome.block_s = max(outcome.block_s, verdict.block_s)
        _note_outage(outcome, outages, answer, verdict)
        if not verdict.good and answer.end > over:
            last_bad = max(last_bad, answer.end)
    outcome.back_s = last_bad - over
    if not any(answer.user != NEVER and answer.status == 200 for answer in answers):
        outcome.problems.append("nobody was ever answered with 200")


def _note_outage(outcome, outages, answer, verdict):
    """An outage lasts from the first useless answer for a user to the next useful one."""
    is_useful = verdict.good or answer.status in (200, 404)
    who = (answer.user, answer.via)
    begin = outages.setdefault(who, answer.begin) if not is_useful else \
        outages.pop(who, answer.begin)
    outcome.outage_s = max(outcome.outage_s, answer.end - begin)


def table(outcomes):
    """The outcomes as a table in Markdown."""
    lines = [
        "| fault | held | outcome | longest outage | longest staleness | block seen after | "
        "longest gap of a stream | well again after (promised) |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for outcome in outcomes:
        back = "never" if outcome.back_s is None else f"{outcome.back_s:.1f} s"
        lines.append(
            f"| {outcome.fault.text} | {outcome.held_s:.0f} s | "
            f"{'as promised' if outcome.passed else 'FAILED'} | {outcome.outage_s:.1f} s | "
            f"{outcome.stale_s:.1f} s | {outcome.block_s:.1f} s | "
            f"{outcome.gap_s:.1f} s | {back} ({outcome.promised_s:g} s) |"
        )
    return "\n".join(lines)


def explain(outcome):
    """What was wrong, shortly."""
    counts = {}
    for problem in outcome.problems:
        counts[problem] = counts.get(problem, 0) + 1
    shown = [f"  {count} x {problem}" for problem, count in list(counts.items())[:SHOWN_PROBLEMS]]
    if len(counts) > SHOWN_PROBLEMS:
        shown.append(f"  and {len(counts) - SHOWN_PROBLEMS} other kinds")
    return "\n".join(shown)
