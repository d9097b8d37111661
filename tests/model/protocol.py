#!/usr/bin/env python3
"""The protocol of bk-format(5), WRITING, as a model: every order of the steps
of two writers, two pruners and one who undeletes, with pruners that are cut
off and go on, and intents that expire at any moment.  No reported set may lose
a pack or a root; and with one step left out one does.

Sets are numbered: 0 was there before, 1 and 2 are written, on set 0 unless it
is condemned.  Set i has pack i and root i; a set's bits are 1 << i.  A list is
one step, so is the deletion of one file: packs first.  What is deleted never
comes back, so that each state shows for itself whether something is lost, and
an actor who stops for ever needs no step of its own.
"""

import sys

WRITERS, PRUNERS = (1, 2), (0, 1)
NO_TRASH, CONDEMNED, GOING, DONE = range(4)

# What may be left out.
SECOND_TRASH = "the writer's second look at trash"
LAST_CHECK = "the writer's last look at data and sets"
SECOND_SETS = "the pruner's second listing of hold and sets"
STEPS = (SECOND_TRASH, LAST_CHECK, SECOND_SETS)

# A state is a tuple: packs, roots, reported, excused (bits), hold (of set 0),
# saved (set 0, by undelete), undelete's step, writers (step, based on 0),
# pruners (step, packs seen, condemned packs, condemned sets, trash, live).
END = ("end", 0, 0, 0, DONE, 0)
LOOKS = (("data", 0, 0, 0, NO_TRASH, 0),) * 2
WRITES = ("choose", True)
TWO_WRITERS = (1, 1, 1, 0, False, False, 2, (WRITES, WRITES), LOOKS)
UNDELETE = (1, 1, 1, 0, False, False, 0, (WRITES, ("end", False)), LOOKS)


def needs(writers, number):
    """The sets that set `number` consists of, itself and its base."""
    based = number and writers[number - 1][1]
    return 1 << number | (1 if based else 0)


def condemned(pruners, files=False):
    """Sets, or packs, that a list names which was not carried out."""
    return (pruners[0][2 if files else 3] * (pruners[0][4] in (1, 2)) |
            pruners[1][2 if files else 3] * (pruners[1][4] in (1, 2)))


def with_bases(writers, roots):
    """These sets and all that they stand on."""
    for number in WRITERS:
        if roots >> number & 1:
            roots |= needs(writers, number)
    return roots


def writer_steps(state, index, without):
    """What the writer of set index + 1 may do next: (step, based), changes."""
    packs, roots, reported, _, _, _, _, writers, pruners = state
    step, based = writers[index]
    number = index + 1
    mine = needs(writers, number)
    bad_set, bad_pack = condemned(pruners), condemned(pruners, True)
    if step == "choose":
        yield ("trash", bool(roots & 1)), {}
    elif step == "trash":
        yield ("pack", based and not bad_set & 1), {}
    elif step == "pack":
        yield ("root", based), {"packs": packs | 1 << number}
    elif step == "root":
        after = "data" if without == SECOND_TRASH else "look"
        yield (after, based), {"roots": roots | 1 << number}
    elif step == "look":
        bad = (bad_set | bad_pack) & mine
        last = without == LAST_CHECK and not bad
        yield (("end" if bad or last else "data", based),
               {"reported": reported | 1 << number} if last else {})
    elif step == "data":
        yield ("sets" if packs & mine == mine else "end", based), {}
    elif step == "sets":
        good = roots & mine == mine
        yield (("end", based),
               {"reported": reported | 1 << number} if good else {})


def choices(state, seen):
    """Which sets a pruner may expire: a base not without what needs it."""
    _, roots, _, _, hold, _, _, writers, pruners = state
    visible = roots & ~condemned(pruners)
    for sets in {0, visible & 1, visible}:
        stays = with_bases(writers, visible & ~sets)
        held = 1 if hold else 0
        if sets & ~visible or sets & (stays | held):
            continue
        unseen = seen & ~visible & ~stays & ~condemned(pruners)
        yield sets, sets | unseen & ~held


def pruner_steps(state, index, without):
    """What a pruner may do next: its tuple, changes."""
    packs, roots, _, excused, hold, _, _, writers, pruners = state
    step, seen, bad_packs, bad_sets, trash, live = pruners[index]
    if step == "data":
        yield ("choose", packs, 0, 0, NO_TRASH, 0), {}
    elif step == "choose":
        for sets, files in choices(state, seen):
            if files:
                yield (("put", 0, files, sets, NO_TRASH, 0),
                       {"excused": excused | sets})
    elif step == "put":
        yield ("open", 0, bad_packs, bad_sets, CONDEMNED, live), {}
    elif step == "open":  # an intent that touches it, or none, or expired
        yield END, {}
        after = "sets" if state[6] == 2 and not hold else "hold"
        if without == SECOND_SETS:
            after = "packs"
        yield (after, 0, bad_packs, bad_sets, GOING, 0), {}
    elif step == "hold":
        yield ("sets", 0, bad_packs, bad_sets, trash, int(hold)), {}
    elif step == "sets":
        live |= with_bases(writers, roots & ~condemned(pruners))
        live &= bad_packs | bad_sets
        yield ("packs", 0, bad_packs, bad_sets, trash, live), {}
    elif step in ("packs", "roots"):
        yield from deletions(state, pruners[index], without)


def deletions(state, pruner, without):
    """The next file goes; or the pruner was cut off, and begins again."""
    packs, roots = state[:2]
    step, _, bad_packs, bad_sets, trash, live = pruner
    if step == "roots" and without != SECOND_SETS:
        yield ("hold", 0, bad_packs, bad_sets, trash, 0), {}
    if step == "packs":
        yield ("roots",) + pruner[1:], {"packs": packs & ~(bad_packs & ~live)}
    else:
        yield END, {"roots": roots & ~(bad_sets & ~live)}


NAMES = {"packs": 0, "roots": 1, "reported": 2, "excused": 3}


def changed(state, place, index, actor, changes):
    """The state after one step of one actor."""
    after = list(state)
    for name, value in changes.items():
        after[NAMES[name]] = value
    actors = list(state[place])
    actors[index] = actor
    after[place] = tuple(actors)
    return tuple(after)


def following(state, without):
    """All states that one step leads to."""
    for index in (0, 1):
        for actor, changes in writer_steps(state, index, without):
            yield changed(state, 7, index, actor, changes)
        for actor, changes in pruner_steps(state, index, without):
            yield changed(state, 8, index, actor, changes)
    if state[6] == 0:  # the hold
        yield state[:4] + (True,) + state[5:6] + (1,) + state[7:]
    elif state[6] == 1:  # then a look at trash: is any .go there?
        late = any(p[4] == GOING and (p[2] | p[3]) & 1 for p in state[8])
        there = state[0] & state[1] & 1
        saved = bool(there and not late)
        yield state[:5] + (saved, 2) + state[7:]


def is_lost(state):
    """A set that was reported, or saved, and is not whole."""
    packs, roots, reported, excused, _, saved, _, writers, _ = state
    whole = packs & roots
    if saved and not whole & 1:
        return True
    for number in (0,) + WRITERS:
        mine = needs(writers, number)
        if reported & ~excused & 1 << number and whole & mine != mine:
            return True
    return False


SWAPPED = (0, 1, 4, 5, 2, 3, 6, 7)  # bits 1 and 2 change places


def swap(state):
    """Writer 1 is called 2, and 2 is 1."""
    bits = tuple(SWAPPED[b] for b in state[:4])
    pruners = tuple((p[0], SWAPPED[p[1]], SWAPPED[p[2]], SWAPPED[p[3]], p[4],
                     SWAPPED[p[5]]) for p in state[8])
    return bits + state[4:7] + (state[7][::-1], pruners)


def canonical(state):
    """Writers are alike, and pruners are: who is called the first does not
    matter."""
    if state[7][0] > state[7][1]:
        state = swap(state)
    first, second = state[8]
    return state if first <= second else state[:8] + ((second, first),)


def search(start, without=None):
    """All states; stops at the first loss.  How many there are, and it."""
    seen, edge = {start}, [start]
    while edge:
        after = []
        for state in edge:
            for new in following(state, without):
                new = canonical(new)
                if new in seen:
                    continue
                seen.add(new)
                if is_lost(new):
                    return len(seen), new
                after.append(new)
        edge = after
    return len(seen), None


def search_all(without=None):
    """Two writers and two pruners; then one writer, and one who undeletes."""
    n, loss = search(TWO_WRITERS, without)
    if loss:
        return n, loss
    more, loss = search(UNDELETE, without)
    return n + more, loss


def main():
    """TAP."""
    print(f"1..{1 + len(STEPS)}")
    n, loss = search_all()
    print(f"# {n} states" + (f": {loss}" if loss else ""))
    print(("not " if loss else "") +
          "ok 1 - in no order of steps a reported set is lost")
    failed = bool(loss)
    for i, step in enumerate(STEPS):
        n, loss = search_all(step)
        print(f"# {n} states: {loss}")
        print(("" if loss else "not ") +
              f"ok {2 + i} - without {step} one is")
        failed |= not loss
    sys.exit(failed)


main()
