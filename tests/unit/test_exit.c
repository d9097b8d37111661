/* bk-exit(7), case by case: a kind alone does not say it. */

#include "lib/test.h"

#include "job/exit.h"

#define PLACES (BK_PLACE_TARGET + 1)

/* A row for each kind, a column for each place, in the order of exit.h:
 * request, lock, repository, key, set, source, destination, target. */
static const int failures[][PLACES] = {
	[BK_OK] = {1,   1,   1,   1,   1,   1,   1,   1  },
	[BK_GONE] = {2,   1,   10,  5,   5,   16,  14,  14 },
	[BK_EXISTS] = {1,   1,   1,   1,   1,   1,   1,   1  },
	[BK_REFUSED] = {2,   1,   14,  14,  14,  16,  14,  14 },
	[BK_FULL] = {15,  15,  15,  15,  15,  15,  15,  15 },
	[BK_BUSY] = {2,   11,  14,  14,  14,  16,  14,  14 },
	[BK_LOST] = {2,   1,   14,  14,  14,  16,  14,  14 },
	[BK_DENIED] = {2,   1,   14,  14,  14,  16,  14,  14 },
	[BK_NO_KEY] = {12,  12,  12,  12,  12,  12,  12,  12 },
	[BK_CORRUPT] = {2,   13,  13,  13,  13,  13,  13,  13 },
	[BK_NEWER] = {18,  18,  18,  18,  18,  18,  18,  18 },
	[BK_MISUSE] = {2,   2,   2,   2,   2,   2,   2,   2  },
	[BK_UNSAFE] = {18,  18,  18,  18,  18,  18,  18,  18 },
	[BK_CANCELLED] = {130, 130, 130, 130, 130, 130, 130, 130},
	[BK_STARVED] = {1,   1,   1,   1,   1,   1,   1,   1  },
	[BK_FAILED] = {1,   1,   1,   1,   1,   1,   1,   1  },
};

static void a_failure_follows_from_kind_and_place(void **state)
{
	(void)state;
	for (int kind = 0; kind <= BK_FAILED; kind++)
		for (int place = 0; place < PLACES; place++) {
			struct bk_outcome outcome = {
				.place = (enum bk_place)place};
			struct bk_err err = {.kind = (enum bk_kind)kind};
			int got = (int)bk_exit_status(-1, &outcome, &err);
			if (got != failures[kind][place])
				fail_msg("kind %d, place %d: %d", kind, place,
					 got);
		}
}

static void a_failure_is_never_zero_whatever_its_ending(void **state)
{
	struct bk_outcome outcome = {.ending = BK_ENDING_DONE};
	struct bk_err err = {0};

	(void)state;
	assert_int_equal(bk_exit_status(-1, &outcome, &err), 1);
}

static void an_end_follows_from_how_it_went(void **state)
{
	static const int statuses[] = {0, 3, 5, 13, 17, 20, 75};
	struct bk_err err = {0};

	(void)state;
	for (int i = 0; i <= BK_ENDING_PUT_OFF; i++) {
		struct bk_outcome outcome = {.place = BK_PLACE_TARGET,
					     .ending = (enum bk_ending)i};
		assert_int_equal(bk_exit_status(0, &outcome, &err),
				 statuses[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_follows_from_kind_and_place),
		cmocka_unit_test(a_failure_is_never_zero_whatever_its_ending),
		cmocka_unit_test(an_end_follows_from_how_it_went),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
