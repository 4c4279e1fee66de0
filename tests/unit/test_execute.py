"""Execute: the order of actions, what runs side by side, and how far a failure reaches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import replace

from controller.model.event import Result
from controller.model.plan import Action, Plan, Verb
from controller.reconcile.execute import Ended, execute
from tests.unit.thing import SCOPE, address

PATIENCE = 20


def action(name: str, *needs: Action, held: str = "") -> Action:
    return Action(Verb.CREATE, address(name), "wanted", needs=frozenset(need.key for need in needs), held=held)


class Run:
    """An execution whose actions succeed unless told otherwise, by name or `always`. `began` are the names of those begun, in
    order; `groups` the same as they went together."""

    def __init__(
        self, *actions: Action, workers: int = 4, together: str = "", **ends: Callable[[Action], Ended]
    ) -> None:
        self.began: list[str] = []
        self.groups: list[list[str]] = []
        self._ends = ends
        self._together = together
        ended = execute(Plan(SCOPE, actions), self._carry_out, self._skip, workers, self._group)
        self.results = {end.action.address.name: end.result for end in ended.values()}
        self.reasons = {end.action.address.name: end.reason for end in ended.values() if end.reason}

    def _carry_out(self, whole: Sequence[Action]) -> list[Ended]:
        self.groups.append([what.address.name for what in whole])
        return [self._one(what) for what in whole]

    def _group(self, what: Action) -> str:
        """Those whose names begin alike go together."""
        return self._together if self._together and what.address.name.startswith(self._together) else ""

    def _one(self, what: Action) -> Ended:
        name = what.address.name
        self.began.append(name)
        end = self._ends.get(name, self._ends.get("always"))
        return end(what) if end else Ended(what, Result.DONE)

    def _skip(self, what: Action, reason: str) -> Ended:
        return Ended(what, Result.SKIPPED, reason)


def failed(what: Action) -> Ended:
    return Ended(what, Result.FAILED, "no such path")


def pending(what: Action) -> Ended:
    return Ended(what, Result.DONE, pending="is being made")


def test_nothing_to_do_is_done_at_once() -> None:
    assert Run().results == {}


def test_what_an_action_needs_comes_before_it_whatever_their_order_in_the_plan() -> None:
    bottom = action("bottom")
    middle = action("middle", bottom)
    run = Run(action("top", middle, bottom), middle, bottom)
    assert run.began == ["bottom", "middle", "top"]
    assert set(run.results.values()) == {Result.DONE}


def test_what_is_independent_runs_side_by_side() -> None:
    """Each waits for the other to have begun, so one after the other would never end."""
    both = threading.Barrier(2, timeout=PATIENCE)

    def meet(what: Action) -> Ended:
        both.wait()
        return Ended(what, Result.DONE)

    assert set(Run(action("a"), action("b"), a=meet, b=meet).results.values()) == {Result.DONE}


def test_no_more_run_at_a_time_than_there_are_workers() -> None:
    at_work, most, lock = 0, 0, threading.Lock()

    def work(what: Action) -> Ended:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        threading.Event().wait(0.01)
        with lock:
            at_work -= 1
        return Ended(what, Result.DONE)

    names = "abcdef"
    Run(*(action(name) for name in names), workers=2, always=work)
    assert most <= 2


def test_an_action_waits_for_what_it_needs_and_for_nothing_else() -> None:
    """The slow one ends only after a dependant of the fast one has run."""
    seen = threading.Event()

    def slow(what: Action) -> Ended:
        return Ended(what, Result.DONE if seen.wait(PATIENCE) else Result.FAILED)

    def dependant(what: Action) -> Ended:
        seen.set()
        return Ended(what, Result.DONE)

    fast = action("fast")
    run = Run(action("slow"), fast, action("dependant", fast), slow=slow, dependant=dependant)
    assert run.results["slow"] is Result.DONE


def test_a_failure_stops_its_dependants_and_theirs_and_nothing_else() -> None:
    bad = action("bad")
    next_ = action("next", bad)
    run = Run(bad, next_, action("last", next_), action("other"), bad=failed)
    assert sorted(run.began) == ["bad", "other"]
    assert run.results == {
        "bad": Result.FAILED,
        "next": Result.SKIPPED,
        "last": Result.SKIPPED,
        "other": Result.DONE,
    }


def test_what_is_skipped_says_what_it_waits_for_down_to_the_first_cause() -> None:
    bad = action("bad")
    next_ = action("next", bad)
    run = Run(bad, next_, action("last", next_), bad=failed)
    assert run.reasons["next"] == "waits for test/Thing/bad: no such path"
    assert run.reasons["last"] == "waits for test/Thing/next: waits for test/Thing/bad: no such path"


def test_one_need_of_several_is_enough_to_wait() -> None:
    good, bad = action("good"), action("bad")
    assert Run(good, bad, action("both", good, bad), bad=failed).results["both"] is Result.SKIPPED


def test_what_is_made_and_not_ready_yet_lets_its_dependants_wait() -> None:
    slow = action("slow")
    run = Run(slow, action("next", slow), slow=pending)
    assert run.results == {"slow": Result.DONE, "next": Result.SKIPPED}
    assert run.reasons["next"] == "waits for test/Thing/slow: is being made"


def test_what_is_held_is_not_carried_out_and_its_dependants_wait() -> None:
    held = action("held", held="paused")
    run = Run(held, action("next", held))
    assert run.began == []
    assert run.results == {"held": Result.HELD, "next": Result.SKIPPED}
    assert run.reasons == {"held": "paused", "next": "waits for test/Thing/held: paused"}


def test_what_waits_for_something_that_aws_is_at_already_is_skipped_with_its_dependants() -> None:
    slow = replace(action("slow"), waits="waits for test/Thing/base: is being made")
    run = Run(slow, action("next", slow))
    assert run.began == []
    assert run.results == {"slow": Result.SKIPPED, "next": Result.SKIPPED}
    assert run.reasons["slow"] == "waits for test/Thing/base: is being made"


def test_what_is_held_and_waits_besides_says_why_it_is_held() -> None:
    bad = action("bad")
    assert Run(bad, action("held", bad, held="paused"), bad=failed).reasons["held"] == "paused"


def test_each_action_has_the_context_of_the_pass_and_keeps_its_own() -> None:
    """The gate before each call asks for which resource it is made: one action's answer must not be another's."""
    noted: ContextVar[str] = ContextVar("noted", default="")
    noted.set("the pass")
    found = []

    def note(what: Action) -> Ended:
        found.append(noted.get())
        noted.set(what.address.name)
        return Ended(what, Result.DONE)

    first = action("first")
    Run(first, action("second", first), workers=1, first=note, second=note)
    assert found == ["the pass", "the pass"]
    assert noted.get() == "the pass"


def test_what_may_go_together_and_can_go_now_is_one_group() -> None:
    run = Run(action("r1"), action("other"), action("r2"), action("r3", held="paused"), together="r")
    assert sorted(run.groups) == [["other"], ["r1", "r2"]]
    assert run.results["r3"] is Result.HELD


def test_what_needs_nothing_but_what_goes_now_goes_along_with_it() -> None:
    """In an order in which each comes after what it needs; the rest goes later, or does not."""
    base, bad = action("base"), action("bad")
    first = action("r1", base)
    second = action("r2", first, base)
    between = action("between", first)
    others = (
        action("r4", second, between),
        action("r5", second, bad),
        action("r6", second, held="paused"),
        replace(action("r7", second), waits="AWS is at it"),
    )
    run = Run(base, bad, first, second, between, action("r3", second), *others, together="r", bad=failed)
    assert [group for group in run.groups if group[0].startswith("r")] == [["r1", "r2", "r3"], ["r4"]]
    skipped = {name: result for name, result in run.results.items() if result is not Result.DONE}
    assert skipped == {"bad": Result.FAILED, "r5": Result.SKIPPED, "r6": Result.HELD, "r7": Result.SKIPPED}


def test_one_group_is_under_way_at_a_time_and_what_can_go_meanwhile_is_the_next() -> None:
    """Each of three becomes free on its own; the first goes at once, the others together when it is over."""
    free = threading.Event()

    def slow(what: Action) -> Ended:
        return Ended(what, Result.DONE if free.wait(PATIENCE) else Result.FAILED)

    def last(what: Action) -> Ended:
        free.set()
        return Ended(what, Result.DONE)

    one, two = action("one"), action("two")
    after = action("after", one, two)
    run = Run(action("r1"), one, two, action("r2", one), action("r3", two), after, together="r", r1=slow, after=last)
    assert [sorted(group) for group in run.groups if group[0].startswith("r")] == [["r1"], ["r2", "r3"]]


def test_what_needs_a_member_of_a_group_knows_how_that_one_ended() -> None:
    bad, good = action("r1"), action("r2")
    run = Run(bad, good, action("next", bad), action("other", good), together="r", r1=failed)
    assert run.results["next"] is Result.SKIPPED
    assert run.results["other"] is Result.DONE
