/* Many keyed digests at a time are the same as one after the other. */

#include "crypto/macs.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "lib/dice.h"
#include "lib/test.h"

#define JOBS_MOST 100

struct world {
	struct bk_mac_key key;
	struct bk_mac_job jobs[JOBS_MOST];
	struct bk_buf bytes[JOBS_MOST];
};

static int set_up(void **state)
{
	struct world *world = bk_alloc(sizeof(*world));
	uint8_t secret[BK_KEY_LEN];
	struct dice dice = {7};

	dice_fill(&dice, secret, sizeof(secret));
	bk_mac_key_init(&world->key, secret);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < JOBS_MOST; i++)
		bk_buf_clear(&world->bytes[i]);
	free(world);
	return 0;
}

static void make_job(struct world *world, size_t i, struct dice *dice,
		     size_t len)
{
	struct bk_buf *bytes = &world->bytes[i];

	bytes->len = 0;
	if (len)
		dice_fill(dice, bk_buf_grow(bytes, len), len);
	world->jobs[i] = (struct bk_mac_job){
		.tag = (uint8_t)(i + 1),
		.bytes = bk_buf_view(bytes),
	};
}

static void compare(struct world *world, size_t n)
{
	bk_macs_tagged(&world->key, world->jobs, n);
	for (size_t i = 0; i < n; i++) {
		const struct bk_mac_job *job = &world->jobs[i];
		uint8_t alone[BK_SHA256_LEN];
		bk_mac_tagged(&world->key, job->tag, job->bytes, alone);
		if (memcmp(alone, job->out, sizeof(alone)) != 0)
			fail_msg("%zu of %zu, %zu bytes", i, n, job->bytes.len);
	}
}

static void every_length_around_the_blocks_is_the_same(void **state)
{
	struct world *world = *state;
	struct dice dice = {1};

	for (size_t len = 0; len < 400; len++) {
		for (size_t i = 0; i < 20; i++)
			make_job(world, i, &dice, len + i);
		compare(world, 20);
	}
}

static void any_number_of_any_lengths_is_the_same(void **state)
{
	struct world *world = *state;
	struct dice dice = {2};

	for (size_t n = 0; n <= JOBS_MOST; n++) {
		for (size_t i = 0; i < n; i++)
			make_job(world, i, &dice,
				 dice_below(&dice, (size_t)1 << dice_below(
							   &dice, 14)));
		compare(world, n);
	}
}

/* The last lanes are far apart: each goes to its end alone. */
static void a_long_one_among_short_ones_is_the_same(void **state)
{
	struct world *world = *state;
	struct dice dice = {3};

	for (size_t more = 0; more < 130; more++) {
		for (size_t i = 0; i < 30; i++)
			make_job(world, i, &dice, i * 40);
		make_job(world, 11, &dice, 200000 + more);
		make_job(world, 29, &dice, 100000 + more * 3);
		compare(world, 30);
	}
}

/* A state goes on where it was left. */
static void a_digest_resumes_between_two_blocks(void **state)
{
	uint8_t bytes[1000], whole[BK_SHA256_LEN], resumed[BK_SHA256_LEN];
	struct dice dice = {4};
	struct bk_sha256 sha;
	uint32_t words[8];

	(void)state;
	dice_fill(&dice, bytes, sizeof(bytes));
	bk_sha256_init(&sha);
	bk_sha256_update(&sha, bytes, sizeof(bytes));
	bk_sha256_final(&sha, whole);
	for (size_t taken = 0; taken < sizeof(bytes); taken += 64) {
		bk_sha256_init(&sha);
		bk_sha256_update(&sha, bytes, taken);
		bk_sha256_words(&sha, words);
		bk_sha256_resume(&sha, words, taken);
		bk_sha256_update(&sha, bytes + taken, sizeof(bytes) - taken);
		bk_sha256_final(&sha, resumed);
		assert_memory_equal(whole, resumed, sizeof(whole));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length_around_the_blocks_is_the_same),
		cmocka_unit_test(any_number_of_any_lengths_is_the_same),
		cmocka_unit_test(a_long_one_among_short_ones_is_the_same),
		cmocka_unit_test(a_digest_resumes_between_two_blocks),
	};

	return cmocka_run_group_tests_name("macs", tests, set_up, tear_down);
}
