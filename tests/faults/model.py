"""What was true when, and whether an answer agrees with it.

Times are of time.monotonic(). A change that is under way makes both the old and the new state true,
from before it is sent until sending has returned, so nothing here depends on who was first.
"""

import threading
import time
from dataclasses import dataclass, field, replace

# Bounds that are promised, in seconds; see docs/reliability.md.
LEASE_S = 30.0  # presence may be this old at most, whatever happens
CACHE_S = 1.0  # and this much older through nginx's cache
BLOCK_S = 1.0  # a block is seen by everybody this long after Redis has acknowledged it
FRESH_S = 3.0  # with all well: from the client's word to the answer, cache included
# How long before the bot says that its sync is complete it may have begun to ask who is there.
SYNC_S = 5.0
ANSWER_S = 5.0  # every request is answered within this time
# A busy machine lets a process wait before it writes down what time it is.
SLACK_S = 0.25

ONLINE, OFFLINE, GONE = "online", "offline", "gone"
SINGLE, BATCH, STREAM = "alone", "in a list", "on a stream"


@dataclass
class State:
    """What a user was: `mark` is a text of that state alone; one who is gone left without a word."""

    kind: str
    mark: str | None
    show: str | None
    begin: float
    end: float | None = None


@dataclass
class Flag:
    """A word of the panel about a user; `acknowledged` is when Redis had taken it, if it did."""

    is_open: bool
    begin: float
    acknowledged: float | None = None


@dataclass(frozen=True)
class Answer:
    """One answer; `status` 0: there was none, and `problem` says why.

    Of a 200: `kind`, `mark` and `show` as in State. `problem`, unless None, is something that no
    answer may have, whatever was true. `via`: how it came; of a stream, what it showed at a moment.
    """

    user: str
    begin: float
    end: float
    status: int
    kind: str | None = None
    mark: str | None = None
    show: str | None = None
    problem: str | None = None
    cached: bool = False
    via: str = SINGLE


@dataclass(frozen=True)
class Allowance:
    """What is allowed while a fault lasts; the default is what always is."""

    stale_s: float = FRESH_S
    outage: bool = False  # 503
    refusal: bool = False  # no connection, or one that is cut
    silence: bool = False  # streams say nothing new, and their readers cannot know
    answer_s: float = ANSWER_S  # what an answer may take


@dataclass(frozen=True)
class Verdict:
    """`problem` is None for an answer as promised; `good` says that it was also useful.

    `late`: the problem is that it was true too long ago.
    """

    answer: Answer
    problem: str | None
    good: bool
    stale_s: float = 0.0
    block_s: float = 0.0  # how long before it was asked for the block was acknowledged
    state: State | None = None  # what was shown, of a 200
    late: bool = False


@dataclass
class _User:
    states: list = field(default_factory=list)
    flags: list = field(default_factory=list)


class Model:
    """Everything that was true; filled by the load and the cases from any thread."""

    def __init__(self):
        self._lock = threading.Lock()
        self._users = {}
        self._unvouched = []  # [begin, end or None]: nobody may be believed to know anything
        self._unflagged = []  # [begin, end or None]: Redis may have no flags, so all is closed
        self._syncs = []  # (begin, end): the bot asked who is there, and had all answers at the end
        self._forgotten = None  # since when records of those offline may be gone

    # --- What happens --------------------------------------------------------------------------

    def add(self, user, is_open=True):
        """A user who was never online; hidden if not `is_open`."""
        with self._lock:
            self._users[user] = _User(flags=[Flag(is_open, 0.0, 0.0)])

    def change(self, user, kind, mark=None, show=None):
        """The user's state changes from now on; settle() when that is done."""
        with self._lock:
            states = self._users[user].states
            if kind == GONE and states and states[-1].kind == GONE:
                return
            states.append(State(kind, mark, show, time.monotonic()))

    def settle(self, user):
        """What was true before the last change is true no longer."""
        now = time.monotonic()
        with self._lock:
            *before, last = self._users[user].states
            for state in before:
                stays = last.kind == GONE and state.kind == OFFLINE
                if state.end is None and not stays:
                    state.end = now

    def begin_flag(self, user, is_open):
        """The panel sends a flag; returns it, to be acknowledged or not."""
        flag = Flag(is_open, time.monotonic())
        with self._lock:
            self._users[user].flags.append(flag)
        return flag

    def acknowledge(self, flag):
        with self._lock:
            flag.acknowledged = time.monotonic()

    def note_sync(self, end):
        """The bot has asked who is there, and knew it at `end`, or a moment later."""
        with self._lock:
            self._syncs.append((end - SYNC_S, end))

    def begin_unvouched(self):
        """From now on, and a second for caches, there must be no 200."""
        self._unvouched.append([time.monotonic(), None])

    def end_unvouched(self):
        self._unvouched[-1][1] = time.monotonic()

    def begin_unflagged(self):
        """From now on there may be no flags in Redis, nor records of those who are offline."""
        self._forgotten = self._forgotten or time.monotonic()
        self._unflagged.append([time.monotonic(), None])

    def end_unflagged(self):
        self._unflagged[-1][1] = time.monotonic()

    def forget(self, before):
        """Drops what ended before that time, for those who run for long."""
        with self._lock:
            for user in self._users.values():
                user.states = [s for s in user.states if s.end is None or s.end >= before]
                while len(user.flags) > 3 and user.flags[2].begin < before:
                    del user.flags[0]
            self._syncs = [sync for sync in self._syncs if sync[1] >= before]

    # --- What may be answered ------------------------------------------------------------------

    def judge(self, answer, allowance):
        """Compares one answer with what was true."""
        verdict = self._judge(answer, allowance)
        if verdict.late and allowance.silence and answer.via == STREAM:
            return replace(verdict, problem=None, good=False)
        return verdict

    def _judge(self, answer, allowance):
        if answer.problem is not None and answer.status != 0:
            return Verdict(answer, answer.problem, False)
        if answer.end - answer.begin > allowance.answer_s:
            return Verdict(answer, f"took {answer.end - answer.begin:.1f} s", False)
        with self._lock:
            user = self._users.get(answer.user, _User())
            if answer.status == 200:
                return self._judge_presence(answer, user, allowance)
            if answer.status == 404:
                return self._judge_not_found(answer, user)
        if answer.status == 503:
            return Verdict(answer, None if allowance.outage else "503 with all well", False)
        if answer.status == 0 and allowance.refusal:
            return Verdict(answer, None, False)
        return Verdict(answer, f"status {answer.status}: {answer.problem}", False)

    def _judge_presence(self, answer, user, allowance):
        block_s = self._blocked_for(answer, user)
        if block_s > BLOCK_S + SLACK_S:
            return Verdict(answer, f"published {block_s:.2f} s after the block", False, 0, block_s,
                           late=True)
        for begin, end in self._unvouched:
            if answer.begin > begin + CACHE_S + SLACK_S and (end is None or answer.end < end):
                return Verdict(answer, "200 though nobody vouches for it", False, 0, block_s,
                               late=True)
        matches = [state for state in user.states
                   if state.begin <= answer.end and self._can_show(state, answer, allowance)]
        if not matches:
            what = f"{answer.kind}, {answer.mark}, {answer.show}"
            return Verdict(answer, f"never was so: {what}", False, 0, block_s)
        # The latest: of those who are gone there may be several.
        state = matches[-1]
        stale_s = 0.0 if state.end is None else max(0.0, answer.begin - state.end)
        problem = None
        if stale_s > allowance.stale_s + SLACK_S:
            problem = f"{answer.kind} {answer.mark} is {stale_s:.1f} s old"
        is_good = problem is None and stale_s <= FRESH_S
        return Verdict(answer, problem, is_good, stale_s, block_s, state, problem is not None)

    def _can_show(self, state, answer, allowance):
        """Says whether an answer is what a state is shown as.

        Who left with a word before the bot came to ask is shown without it, as servers do not
        repeat it. It is not shown of anybody else: when the bot does not know, nobody is offline.
        """
        if answer.kind == GONE and state.kind == OFFLINE:
            return allowance.stale_s > FRESH_S and any(
                end <= answer.end and state.begin <= end + SLACK_S
                and (state.end is None or state.end >= begin) for begin, end in self._syncs
            )
        return (state.kind, state.mark, state.show) == (answer.kind, answer.mark, answer.show)

    @staticmethod
    def _blocked_for(answer, user):
        """For how many seconds the user had certainly been hidden when the answer was asked for."""
        hidden_since = None
        for flag in user.flags:
            if flag.is_open and flag.begin <= answer.end:
                hidden_since = None
            elif not flag.is_open and flag.acknowledged is not None and hidden_since is None:
                hidden_since = flag.acknowledged
        return 0.0 if hidden_since is None else max(0.0, answer.begin - hidden_since)

    def _judge_not_found(self, answer, user):
        since = answer.begin - FRESH_S
        if not user.states or self._may_be_hidden(user, since, answer.end):
            return Verdict(answer, None, True)
        for begin, end in self._unflagged:
            if begin <= answer.end and (end is None or end >= since):
                return Verdict(answer, None, False)
        if self._forgotten is not None and any(
            state.kind != ONLINE and (state.end is None or state.end >= since)
            for state in user.states
        ):
            return Verdict(answer, None, True)
        return Verdict(answer, "404 though published and known", False, late=True)

    @staticmethod
    def _may_be_hidden(user, since, until):
        """Says whether the user can have been hidden at some time between."""
        for index, flag in enumerate(user.flags):
            if flag.is_open or flag.begin > until:
                continue
            opened = [later.acknowledged for later in user.flags[index + 1:]
                      if later.is_open and later.acknowledged is not None]
            if not opened or opened[0] >= since:
                return True
        return False
