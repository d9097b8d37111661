/* Kinds of error and places into exit statuses: see exit.h and bk-exit(7). */

#include "job/exit.h"

static enum bk_exit of_ending(enum bk_ending ending)
{
	switch (ending) {
	case BK_ENDING_DONE:
		return BK_EXIT_DONE;
	case BK_ENDING_INCOMPLETE:
		return BK_EXIT_INCOMPLETE;
	case BK_ENDING_NOTHING:
		return BK_EXIT_NOTHING;
	case BK_ENDING_DAMAGED:
		return BK_EXIT_DAMAGED;
	case BK_ENDING_DIFFERENT:
		return BK_EXIT_DIFFERENT;
	case BK_ENDING_UNDONE:
		return BK_EXIT_UNDONE;
	case BK_ENDING_PUT_OFF:
		return BK_EXIT_PUT_OFF;
	}
	return BK_EXIT_FAILED;
}

/* What we were dealing with is not there. */
static enum bk_exit gone(enum bk_place place)
{
	switch (place) {
	case BK_PLACE_REQUEST:
		return BK_EXIT_USAGE;
	case BK_PLACE_REPO:
		return BK_EXIT_NO_REPO;
	case BK_PLACE_SOURCE:
		return BK_EXIT_SOURCE;
	case BK_PLACE_DESTINATION:
	case BK_PLACE_TARGET:
		return BK_EXIT_TARGET;
	case BK_PLACE_LOCK:
		return BK_EXIT_FAILED;
	case BK_PLACE_KEY:
	case BK_PLACE_SET:
		break;
	}
	return BK_EXIT_NOTHING;
}

/* It is there and does not let us in, or broke off. */
static enum bk_exit unreachable(enum bk_place place)
{
	switch (place) {
	case BK_PLACE_REQUEST:
		return BK_EXIT_USAGE;
	case BK_PLACE_SOURCE:
		return BK_EXIT_SOURCE;
	case BK_PLACE_KEY:
	case BK_PLACE_REPO:
	case BK_PLACE_SET:
	case BK_PLACE_DESTINATION:
	case BK_PLACE_TARGET:
		return BK_EXIT_TARGET;
	case BK_PLACE_LOCK:
		break;
	}
	return BK_EXIT_FAILED;
}

/* Our own lock is one thing; a server that has too much to do is another. */
static enum bk_exit busy(enum bk_place place)
{
	return place == BK_PLACE_LOCK ? BK_EXIT_LOCKED : unreachable(place);
}

static enum bk_exit of_failure(enum bk_kind kind, enum bk_place place)
{
	switch (kind) {
	case BK_GONE:
		return gone(place);
	case BK_DENIED:
	case BK_LOST:
	case BK_REFUSED:
		return unreachable(place);
	case BK_BUSY:
		return busy(place);
	case BK_NO_KEY:
		return BK_EXIT_PASSWORD;
	case BK_FULL:
		return BK_EXIT_FULL;
	case BK_CORRUPT:
		return place == BK_PLACE_REQUEST ? BK_EXIT_USAGE
						 : BK_EXIT_DAMAGED;
	case BK_MISUSE:
		return BK_EXIT_USAGE;
	case BK_NEWER:
	case BK_UNSAFE:
		return BK_EXIT_SAFETY;
	case BK_CANCELLED:
		return BK_EXIT_INTERRUPTED;
	case BK_OK:
	case BK_EXISTS:
	case BK_STARVED:
	case BK_FAILED:
		break;
	}
	return BK_EXIT_FAILED;
}

enum bk_exit bk_exit_status(int rc, const struct bk_outcome *outcome,
			    const struct bk_err *err)
{
	if (rc < 0)
		return of_failure(err->kind, outcome->place);
	if (outcome->set_back && outcome->ending == BK_ENDING_DONE)
		return BK_EXIT_INCOMPLETE;
	return of_ending(outcome->ending);
}
