/* job/placing: accounts are spread over servers, by weight, room and size. */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job/placing.h"
#include "lib/dice.h"

#define SERVERS  4
#define ACCOUNTS 60
#define ANY      UINT64_MAX
#define MIB      (UINT64_C(1) << 20)

/* Some accounts and servers, at random. */
struct world {
	struct bk_placing_server servers[SERVERS];
	struct bk_placing_account accounts[ACCOUNTS];
	struct bk_placing_room rooms[SERVERS];
	char names[ACCOUNTS][16];
	size_t n, n_accounts;
	struct dice dice;
};

static void make_world(struct world *w, uint64_t seed)
{
	*w = (struct world){.dice = {seed}};
	w->n = 1 + dice_below(&w->dice, SERVERS);
	w->n_accounts = dice_below(&w->dice, ACCOUNTS + 1);
	for (size_t i = 0; i < SERVERS; i++) {
		w->servers[i] = (struct bk_placing_server){
			.weight = 1 + dice_below(&w->dice, 5),
			.capacity = ANY,
			.free = ANY,
		};
		w->rooms[i] = (struct bk_placing_room){true, ANY};
	}
	for (size_t i = 0; i < w->n_accounts; i++) {
		snprintf(w->names[i], sizeof(w->names[i]), "u%zu@a.test", i);
		w->accounts[i] = (struct bk_placing_account){
			.address = w->names[i],
			.bytes = dice_below(&w->dice, 100) * MIB,
			.at = BK_PLACING_NOWHERE,
			.rooms = w->rooms,
		};
	}
}

static void place(struct world *w)
{
	bk_placing_make(w->servers, w->n, w->accounts, w->n_accounts);
}

static void begin_again(struct world *w)
{
	for (size_t i = 0; i < SERVERS; i++) {
		w->servers[i].bytes = 0;
		w->servers[i].accounts = 0;
	}
}

static double fullness(const struct bk_placing_server *server)
{
	return ((double)server->bytes +
		(double)server->accounts * BK_PLACING_EACH) /
	       (double)server->weight;
}

static double largest_on(const struct world *w, size_t server)
{
	uint64_t most = 0;

	for (size_t i = 0; i < w->n_accounts; i++)
		if (w->accounts[i].at == server && w->accounts[i].bytes > most)
			most = w->accounts[i].bytes;
	return (double)most + BK_PLACING_EACH;
}

/* The fuller one would not have got its last account otherwise. */
static void it_is_fair_within_one_account(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed < 500; seed++) {
		struct world w;
		make_world(&w, seed);
		place(&w);
		for (size_t i = 0; i < w.n; i++)
			for (size_t j = 0; j < w.n; j++)
				if (fullness(&w.servers[i]) >
				    fullness(&w.servers[j]) +
					    largest_on(&w, i) /
						    (double)w.servers[j]
							    .weight +
					    1)
					fail_msg("world %ju: %zu and %zu",
						 (uintmax_t)seed, i, j);
	}
}

static void the_sums_are_those_of_the_accounts(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed < 100; seed++) {
		struct world w;
		uint64_t bytes[SERVERS] = {0};
		size_t accounts[SERVERS] = {0};
		make_world(&w, seed);
		place(&w);
		for (size_t i = 0; i < w.n_accounts; i++) {
			assert_true(w.accounts[i].at < w.n);
			bytes[w.accounts[i].at] += w.accounts[i].bytes;
			accounts[w.accounts[i].at]++;
		}
		for (size_t i = 0; i < w.n; i++) {
			assert_int_equal(bytes[i], w.servers[i].bytes);
			assert_int_equal(accounts[i], w.servers[i].accounts);
		}
	}
}

static size_t place_of(const struct world *w, const char *address)
{
	for (size_t i = 0; i < w->n_accounts; i++)
		if (strcmp(w->accounts[i].address, address) == 0)
			return w->accounts[i].at;
	return BK_PLACING_NOWHERE;
}

static void the_order_of_accounts_does_not_matter(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed < 100; seed++) {
		struct world w, other;
		make_world(&w, seed);
		make_world(&other, seed);
		for (size_t i = 0; i < w.n_accounts; i++)
			other.accounts[i] = w.accounts[w.n_accounts - 1 - i];
		place(&w);
		place(&other);
		for (size_t i = 0; i < w.n_accounts; i++)
			assert_int_equal(
				w.accounts[i].at,
				place_of(&other, w.accounts[i].address));
	}
}

/* Some are known, the rest is asked for again, and a server comes besides. */
static void who_has_a_place_keeps_it(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed < 200; seed++) {
		struct world w;
		size_t was[ACCOUNTS];
		make_world(&w, seed);
		place(&w);
		for (size_t i = 0; i < w.n_accounts; i++)
			was[i] = w.accounts[i].at;
		begin_again(&w);
		w.n += w.n < SERVERS;
		for (size_t i = 0; i < w.n_accounts; i += 2)
			w.accounts[i].at = BK_PLACING_NOWHERE;
		place(&w);
		for (size_t i = 1; i < w.n_accounts; i += 2)
			assert_int_equal(w.accounts[i].at, was[i]);
	}
}

static struct bk_placing_account one(const char *address, uint64_t bytes,
				     const struct bk_placing_room *rooms)
{
	return (struct bk_placing_account){.address = address,
					   .bytes = bytes,
					   .at = BK_PLACING_NOWHERE,
					   .rooms = rooms};
}

static void a_new_server_takes_what_is_new(void **state)
{
	const struct bk_placing_room rooms[] = {
		{true, ANY},
                {true, ANY}
        };
	struct bk_placing_server servers[] = {
		{1, ANY, ANY, 0, 0},
                {1, ANY, ANY, 0, 0}
        };
	struct bk_placing_account accounts[] = {
		one("a", 10 * MIB, rooms), one("b", 10 * MIB, rooms),
		one("c", 10 * MIB, rooms), one("d", 10 * MIB, rooms)};

	(void)state;
	accounts[0].at = accounts[1].at = 0;
	bk_placing_make(servers, 2, accounts, 4);
	assert_int_equal(accounts[0].at, 0);
	assert_int_equal(accounts[1].at, 0);
	assert_int_equal(accounts[2].at, 1);
	assert_int_equal(accounts[3].at, 1);
}

static void empty_accounts_are_spread_too(void **state)
{
	struct world w;

	(void)state;
	make_world(&w, 1);
	w.n = 2;
	w.n_accounts = 30;
	w.servers[0].weight = 2;
	w.servers[1].weight = 1;
	for (size_t i = 0; i < w.n_accounts; i++) {
		snprintf(w.names[i], sizeof(w.names[i]), "u%zu", i);
		w.accounts[i] = one(w.names[i], 0, w.rooms);
	}
	place(&w);
	assert_int_equal(w.servers[0].accounts, 20);
	assert_int_equal(w.servers[1].accounts, 10);
}

/* What is told of a server is never more than it takes. */
static void nothing_goes_where_it_has_no_room(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed < 500; seed++) {
		struct world w;
		make_world(&w, seed);
		for (size_t i = 0; i < w.n; i++) {
			w.servers[i].capacity = dice_below(&w.dice, 1000) * MIB;
			w.servers[i].free = dice_below(&w.dice, 1000) * MIB;
			w.rooms[i].may = dice_below(&w.dice, 4) != 0;
			w.rooms[i].bytes = dice_below(&w.dice, 100) * MIB;
		}
		struct bk_placing_server before[SERVERS];
		memcpy(before, w.servers, sizeof(before));
		place(&w);
		for (size_t i = 0; i < w.n; i++) {
			assert_true(w.servers[i].bytes <= before[i].capacity);
			assert_true(w.servers[i].bytes <= before[i].free);
			assert_int_equal(before[i].free - w.servers[i].free,
					 w.servers[i].bytes);
		}
		for (size_t i = 0; i < w.n_accounts; i++) {
			size_t at = w.accounts[i].at;
			if (at == BK_PLACING_NOWHERE)
				continue;
			assert_true(w.rooms[at].may);
			assert_true(w.accounts[i].bytes <= w.rooms[at].bytes);
		}
	}
}

static void who_fits_nowhere_is_left(void **state)
{
	const struct bk_placing_room rooms[] = {
		{true,  5 * MIB},
                {false, ANY    }
        };
	struct bk_placing_server servers[] = {
		{1, ANY, ANY, 0, 0},
                {1, ANY, ANY, 0, 0}
        };
	struct bk_placing_account accounts[] = {one("a", 6 * MIB, rooms),
						one("b", 5 * MIB, rooms)};

	(void)state;
	bk_placing_make(servers, 2, accounts, 2);
	assert_int_equal(accounts[0].at, BK_PLACING_NOWHERE);
	assert_int_equal(accounts[1].at, 0);
	assert_int_equal(servers[0].bytes, 5 * MIB);
}

/* Mail that has arrived takes nothing of what is free; mail that is to come
 * does. */
static void what_has_arrived_needs_no_room(void **state)
{
	const struct bk_placing_room rooms[] = {
		{true, ANY}
        };
	struct bk_placing_server server = {1, ANY, 10 * MIB, 0, 0};
	struct bk_placing_account accounts[] = {
		{.address = "a", .bytes = 50 * MIB, .arrived = true},
		{.address = "b",              .bytes = 6 * MIB                 },
		one("c", 5 * MIB, rooms),
		one("d", 4 * MIB, rooms),
	};

	(void)state;
	bk_placing_make(&server, 1, accounts, 4);
	assert_int_equal(accounts[2].at, BK_PLACING_NOWHERE);
	assert_int_equal(accounts[3].at, 0);
	assert_int_equal(server.free, 0);
	assert_int_equal(server.bytes, 60 * MIB);
}

/* Sizes from outside are whatever they are. */
static void the_largest_numbers_do_no_harm(void **state)
{
	const struct bk_placing_room rooms[] = {
		{true, ANY},
                {true, ANY}
        };
	struct bk_placing_server servers[] = {
		{ANY, ANY, ANY,     ANY - 1, SIZE_MAX - 8},
		{ANY, ANY, ANY - 1, ANY - 1, 0           }
        };
	struct bk_placing_account accounts[] = {one("a", ANY - 1, rooms),
						one("b", ANY, rooms)};

	(void)state;
	bk_placing_make(servers, 2, accounts, 2);
	assert_int_equal(servers[0].bytes, ANY);
	assert_int_equal(accounts[1].at == BK_PLACING_NOWHERE, 0);
}

/* ---- at run time ---- */

/* Three servers, jobs for two accounts at a time each but the last, which bears
 * one. */
static void the_server_with_the_fewest_is_next(void **state)
{
	struct bk_placing_lane lanes[] = {
		{.left = 3},
                {         .left = 5        },
                { .left = 9,         .most = 1}
        };
	static const size_t expected[] = {2, 1, 0, 1, 0, 1, 0, 1, 1};

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		size_t next = bk_placing_next(lanes, 3);
		assert_int_equal(next, expected[i]);
		lanes[next].left--;
		lanes[next].running++;
	}
	/* Some wait for the last one, which has no place. */
	assert_true(bk_placing_next(lanes, 3) == BK_PLACING_NOWHERE);
	lanes[2].running--;
	assert_int_equal(bk_placing_next(lanes, 3), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_fair_within_one_account),
		cmocka_unit_test(the_sums_are_those_of_the_accounts),
		cmocka_unit_test(the_order_of_accounts_does_not_matter),
		cmocka_unit_test(who_has_a_place_keeps_it),
		cmocka_unit_test(a_new_server_takes_what_is_new),
		cmocka_unit_test(empty_accounts_are_spread_too),
		cmocka_unit_test(nothing_goes_where_it_has_no_room),
		cmocka_unit_test(who_fits_nowhere_is_left),
		cmocka_unit_test(what_has_arrived_needs_no_room),
		cmocka_unit_test(the_largest_numbers_do_no_harm),
		cmocka_unit_test(the_server_with_the_fewest_is_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
