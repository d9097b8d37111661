/*
 * Chains of sets, made by hand from a small world that changes at random: full
 * sets, differentials and incrementals on them.  Whatever happened, a set that
 * is opened shows the world as it was, and each message knows in whose packs
 * its chunks lie.
 */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/digest.h"
#include "lib/setworld.h"
#include "repo/set.h"

#define SETS   24
#define WORLDS 8

/* A set that was made, and what it should show. */
struct made {
	struct setmade set;
	unsigned base; /* its number; its own in a full set */
	struct world world;
};

static struct testrepo t;
static struct dice dice;
static struct made made[SETS];
static struct bk_err err;

static int start(void **state)
{
	(void)state;
	err = (struct bk_err){0};
	testrepo_make(&t);
	return 0;
}

static int end(void **state)
{
	(void)state;
	testrepo_drop(&t);
	return 0;
}

/* ---- making ---- */

static void make_set(unsigned number, enum bk_set_kind kind, unsigned base)
{
	static const struct world nothing;
	struct made *mine = &made[number];
	bool full = kind == BK_SET_FULL;
	struct bk_manifest_end totals;
	struct setmaker maker;

	mine->base = base;
	setmaker_begin(&maker, &t, number, kind, full ? NULL : &made[base].set);
	world_write(&maker, &mine->world, full ? &nothing : &made[base].world,
		    number, &dice);
	world_end(&mine->world, &totals);
	setmaker_finish(&maker, &totals);
	mine->set = maker.made;
}

/* The state before, changed.  Ids of a chain are not given out again. */
static void change_from(unsigned number, unsigned base)
{
	made[number].world = made[base].world;
	for (size_t k = 1 + dice_below(&dice, 3); k; k--)
		world_change(&made[number].world, &dice, number);
}

static void make_sets(void)
{
	unsigned full = 0;

	memset(made, 0, sizeof(made));
	world_change(&made[0].world, &dice, 0);
	world_change(&made[0].world, &dice, 0);
	make_set(0, BK_SET_FULL, 0);
	for (unsigned i = 1; i < SETS; i++) {
		unsigned base = (unsigned)dice_below(&dice, i);
		switch (dice_below(&dice, 6)) {
		case 0:
			change_from(i, base);
			make_set(i, BK_SET_FULL, i);
			full = i;
			break;
		case 1:
		case 2:
			change_from(i, full);
			make_set(i, BK_SET_DIFFERENTIAL, full);
			break;
		default:
			change_from(i, i - 1);
			make_set(i, BK_SET_INCREMENTAL, i - 1);
			break;
		}
	}
}

/* ---- comparing ---- */

/* How many sets below `number` the set `added_in` is. */
static uint32_t frame_of(unsigned number, unsigned added_in)
{
	uint32_t frame = 0;

	while (number != added_in) {
		assert_int_not_equal(number, made[number].base);
		number = made[number].base;
		frame++;
	}
	return frame;
}

static void check_row(unsigned number, const struct world_row *want,
		      const struct bk_row *got, bool bodies)
{
	const struct bk_message *msg = &got->msg;
	struct bk_buf body = {0};

	assert_int_equal(msg->uid, want->uid);
	assert_string_equal(msg->name, want->name);
	assert_int_equal(msg->flags, want->flags);
	assert_int_equal(msg->n_keywords, want->n_keywords);
	for (size_t i = 0; i < want->n_keywords; i++)
		assert_int_equal(msg->keywords[i], want->keywords[i]);
	assert_true(msg->date == want->date && msg->size == want->size);
	assert_true(msg->modseq == want->modseq);
	assert_memory_equal(got->digest, want->digest, BK_DIGEST_LEN);
	assert_int_equal(got->frame, frame_of(number, want->added_in));
	if (bodies) {
		world_row_body(want, &body);
		assert_int_equal(got->body.len, body.len);
		assert_memory_equal(got->body.data, body.data, body.len);
	}
	bk_buf_clear(&body);
}

static void check_folder(struct bk_set *set, unsigned number,
			 const struct world_folder *want,
			 struct bk_sha256 *total)
{
	const struct bk_set_folder *got = bk_set_folder_by_id(set, want->id);
	struct bk_row_list rows = {0};
	bool bodies = dice_one_in(&dice, 2);
	uint8_t sum[BK_SHA256_LEN];

	assert_non_null(got);
	assert_int_equal(got->account_id, want->account);
	assert_string_equal(got->folder.name, want->name);
	assert_int_equal(got->messages, want->n);
	assert_int_equal(got->folder.n_keywords, want->n_keywords);
	testrepo_done(bk_set_rows(set, want->id, bodies, &rows, &err), &err);
	assert_int_equal(rows.n, want->n);
	for (size_t i = 0; i < rows.n; i++)
		check_row(number, &want->rows[i], &rows.items[i], bodies);
	bk_set_folder_sum(got, &rows, sum);
	bk_sha256_update(total, sum, sizeof(sum));
	bk_row_list_clear(&rows);
}

static void check_accounts(const struct bk_set *set, const struct world *world)
{
	size_t n = 0;

	for (size_t i = 0; i < WORLD_ACCOUNTS; i++) {
		struct bk_buf body = {0};
		char address[16];
		if (!world->accounts[i])
			continue;
		n++;
		const struct bk_set_account *got =
			bk_set_account_by_id(set, world->accounts[i]);
		assert_non_null(got);
		world_account_body(world, i, &body);
		assert_int_equal(got->body.len, body.len);
		assert_memory_equal(got->body.data, body.data, body.len);
		(void)snprintf(address, sizeof(address), "a%zu@test", i);
		assert_ptr_equal(bk_set_account_find(set, address), got);
		bk_buf_clear(&body);
	}
	assert_int_equal(set->n_accounts, n);
	assert_null(bk_set_account_find(set, "nobody@test"));
	assert_null(bk_set_account_by_id(set, set->last_account + 1));
}

static void check_set(unsigned number)
{
	const struct world *world = &made[number].world;
	struct bk_set *set = NULL;
	struct bk_sha256 total;
	uint8_t sum[BK_SHA256_LEN];
	size_t n = 0;

	testrepo_done(bk_set_open(&set, &t.repo, made[number].set.id, &err),
		      &err);
	check_accounts(set, world);
	bk_sha256_init(&total);
	for (uint32_t id = 1; id <= world->last_folder; id++) {
		const struct world_folder *folder =
			world_folder_by_id(world, id);
		if (!folder) {
			assert_null(bk_set_folder_by_id(set, id));
			continue;
		}
		check_folder(set, number, folder, &total);
		n++;
	}
	bk_sha256_final(&total, sum);
	assert_memory_equal(sum, set->state_sha256, sizeof(sum));
	assert_int_equal(set->n_folders, n);
	assert_true(set->last_folder <= world->last_folder);
	bk_set_close(set);
}

static void any_chain_of_sets_shows_the_world_as_it_was(void **state)
{
	for (unsigned world = 0; world < WORLDS; world++) {
		(void)start(state);
		dice.state = world;
		make_sets();
		for (unsigned i = SETS; i-- > 0;)
			check_set(i);
		(void)end(state);
	}
}

/* ---- how long a chain may be ---- */

static void empty_set(unsigned number, enum bk_set_kind kind,
		      const struct setmade *base, struct setmade *out)
{
	const struct bk_manifest_end nothing = {0};
	struct setmaker maker;

	setmaker_begin(&maker, &t, number, kind, base);
	setmaker_finish(&maker, &nothing);
	*out = maker.made;
}

static void a_chain_of_33_sets_opens_and_one_of_34_does_not(void **state)
{
	struct setmade sets[BK_CHAIN_MAX + 1];
	struct bk_set *set = NULL;

	(void)state;
	empty_set(0, BK_SET_FULL, NULL, &sets[0]);
	for (unsigned i = 1; i <= BK_CHAIN_MAX; i++)
		empty_set(i, BK_SET_INCREMENTAL, &sets[i - 1], &sets[i]);
	testrepo_done(
		bk_set_open(&set, &t.repo, sets[BK_CHAIN_MAX - 1].id, &err),
		&err);
	assert_int_equal(set->n_levels, BK_CHAIN_MAX);
	bk_set_close(set);
	assert_int_equal(
		bk_set_open(&set, &t.repo, sets[BK_CHAIN_MAX].id, &err), -1);
	assert_int_equal(err.kind, BK_CORRUPT);
}

static void a_set_that_stands_on_what_is_missing_names_it(void **state)
{
	struct setmade full, differential;
	char name[BK_NAME_MAX];
	struct bk_set *set = NULL;

	(void)state;
	empty_set(0, BK_SET_FULL, NULL, &full);
	empty_set(1, BK_SET_DIFFERENTIAL, &full, &differential);
	testrepo_remove(&t, bk_name_root(name, full.id));
	assert_int_equal(bk_set_open(&set, &t.repo, differential.id, &err), -1);
	assert_int_equal(err.kind, BK_GONE);
	assert_non_null(strstr(err.text, "needs full 20231114T2213"));
	assert_non_null(strstr(err.text, bk_set_name(name, full.id, 0)));
}

static void a_base_that_was_made_again_is_another_set(void **state)
{
	struct setmade full, differential;
	struct bk_set *set = NULL;

	(void)state;
	empty_set(0, BK_SET_FULL, NULL, &full);
	empty_set(1, BK_SET_DIFFERENTIAL, &full, &differential);
	empty_set(0, BK_SET_FULL, NULL, &full);
	assert_int_equal(bk_set_open(&set, &t.repo, differential.id, &err), -1);
	assert_int_equal(err.kind, BK_CORRUPT);
	assert_non_null(strstr(err.text, "was based on"));
}

static void sets_are_listed_by_age_and_broken_ones_with_the_reason(void **state)
{
	struct bk_set_info_list list = {0};
	struct setmade sets[3];
	char name[BK_NAME_MAX];
	const struct bk_view junk = {(const uint8_t *)"junk", 4};

	(void)state;
	for (unsigned i = 3; i-- > 0;)
		empty_set(i, BK_SET_FULL, NULL, &sets[i]);
	testrepo_cut(&t, bk_name_root(name, sets[1].id), 300);
	testrepo_done(bk_target_put(t.repo.target, "sets/readme", junk, &err),
		      &err);
	testrepo_done(bk_sets_list(&t.repo, &list, &err), &err);
	assert_int_equal(list.n, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_memory_equal(list.items[i].id, sets[i].id, BK_ID_LEN);
		assert_int_equal(list.items[i].broken != NULL, i == 1);
	}
	assert_memory_equal(list.items[2].root_sha256, sets[2].sha256,
			    BK_SHA256_LEN);
	bk_set_info_list_clear(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_chain_of_sets_shows_the_world_as_it_was),
		cmocka_unit_test_setup_teardown(
			a_chain_of_33_sets_opens_and_one_of_34_does_not, start,
			end),
		cmocka_unit_test_setup_teardown(
			a_set_that_stands_on_what_is_missing_names_it, start,
			end),
		cmocka_unit_test_setup_teardown(
			a_base_that_was_made_again_is_another_set, start, end),
		cmocka_unit_test_setup_teardown(
			sets_are_listed_by_age_and_broken_ones_with_the_reason,
			start, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
