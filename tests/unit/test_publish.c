/*
 * How a set becomes visible: in which order its files are put, and that
 * nothing is called good whose packs or base a prune takes away meanwhile, or
 * a target loses.
 */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/condemn.h"
#include "lib/recorder.h"
#include "lib/setmaker.h"
#include "repo/intent.h"
#include "repo/publish.h"
#include "repo/signed_file.h"

static struct testrepo t;
static struct recorder recorder;
static struct bk_target *below;
static struct setmade full, middle;
static struct bk_set *base; /* middle, on full */
static struct bk_pack_id pack;
static struct setmaker maker;
static struct bk_publish *publish;
static struct bk_err err;

/* A pack as far as names and lengths go, and its row. */
static void put_pack(const uint8_t owner[BK_ID_LEN], uint32_t ordinal,
		     struct bk_table *table)
{
	static const uint8_t bytes[700];
	struct bk_table_row *row = bk_table_add(table);
	char name[BK_NAME_MAX];

	row->flags = BK_TABLE_OWN;
	memcpy(row->owner, owner, BK_ID_LEN);
	row->owner_ordinal = ordinal;
	row->chunks = 1;
	row->file_len = 700;
	row->body_len = 636;
	row->blocks_offset = 300;
	row->blocks_len = 180;
	testrepo_done(bk_target_put(below, bk_name_pack(name, owner, ordinal),
				    (struct bk_view){bytes, 700}, &err),
		      &err);
}

static void make(unsigned number, enum bk_set_kind kind,
		 const struct setmade *on, struct setmade *out)
{
	const struct bk_manifest_end nothing = {0};
	struct setmaker m;

	setmaker_begin(&m, &t, number, kind, on);
	put_pack(m.made.id, 0, &m.table);
	setmaker_finish(&m, &nothing);
	*out = m.made;
}

static int start(void **state)
{
	(void)state;
	err = (struct bk_err){0};
	testrepo_make(&t);
	below = t.repo.target;
	make(0, BK_SET_FULL, NULL, &full);
	make(1, BK_SET_INCREMENTAL, &full, &middle);
	recorder_init(&recorder, below);
	t.repo.target = &recorder.target;
	testrepo_done(bk_set_open(&base, &t.repo, middle.id, &err), &err);
	return 0;
}

static int end(void **state)
{
	(void)state;
	bk_publish_close(publish);
	publish = NULL;
	bk_set_close(base);
	setmaker_clear(&maker);
	recorder_clear(&recorder);
	t.repo.target = below;
	testrepo_drop(&t);
	return 0;
}

/* The intent, and all files but the root of an incremental on `middle`. */
static void write_set(void)
{
	const struct bk_manifest_end nothing = {0};

	setmaker_begin(&maker, &t, 2, BK_SET_INCREMENTAL, &middle);
	testrepo_done(bk_publish_open(&publish, &t.repo, maker.made.id,
				      middle.id, &err),
		      &err);
	put_pack(maker.made.id, 0, &maker.table);
	memcpy(pack.owner, maker.made.id, sizeof(pack.owner));
	setmaker_finish_parts(&maker, &nothing);
}

static int commit(void)
{
	uint8_t sum[32];

	return bk_publish_commit(publish, &maker.root, &maker.table, base, sum,
				 &err);
}

static void close_publish(void)
{
	bk_publish_close(publish);
	publish = NULL;
}

static bool has(const char *name)
{
	uint64_t size;
	struct bk_err ignored = {0};

	return bk_target_stat(below, name, &size, &ignored) == 0;
}

static bool has_intent(void)
{
	char name[BK_NAME_MAX];

	return has(bk_name_intent(name, maker.made.id, 0));
}

static bool has_root(void)
{
	char name[BK_NAME_MAX];

	return has(bk_name_root(name, maker.made.id));
}

/* ---- what goes well ---- */

static void everything_comes_in_its_order(void **state)
{
	char hex[BK_ID_TEXT];

	(void)state;
	write_set();
	testrepo_done(commit(), &err);
	close_publish();
	bk_id_hex(hex, maker.made.id);
	char *want = bk_asprintf(
		"put open/%s.00000000.bko\n"
		"list trash\n"
		"put data/%s/m00000000.bkm\n"
		"put data/%s/i00000000.bki\n"
		"put data/%s/t00000000.bkt\n"
		"list data\n"
		"put sets/%s.bks\n"
		"list trash\n"
		"list data\n"
		"list sets\n"
		"remove open/%s.00000000.bko\n",
		hex, hex, hex, hex, hex, hex);
	const char *log = bk_buf_text(&recorder.log);
	/* The sets below were read before. */
	assert_string_equal(strstr(log, "put open/"), want);
	free(want);
	assert_true(has_root());
	assert_false(has_intent());
}

static void the_set_that_was_put_opens(void **state)
{
	struct bk_set *set = NULL;

	(void)state;
	write_set();
	testrepo_done(commit(), &err);
	testrepo_done(bk_set_open(&set, &t.repo, maker.made.id, &err), &err);
	assert_int_equal(set->n_levels, 3);
	bk_set_close(set);
}

static void what_is_condemned_before_is_told_at_once(void **state)
{
	const struct condemned_things list = {.number = 1, .set = middle.id};

	(void)state;
	condemn(&t, &list);
	write_set();
	assert_true(
		bk_condemned_has_set(bk_publish_condemned(publish), middle.id));
	assert_false(
		bk_condemned_has_set(bk_publish_condemned(publish), full.id));
}

static void a_set_that_is_given_up_leaves_its_intent_and_no_root(void **state)
{
	(void)state;
	write_set();
	close_publish();
	assert_true(has_intent());
	assert_false(has_root());
}

/* ---- a prune comes between ---- */

/* Just before this act, that is condemned. */
static const char *moment;
static struct condemned_things sentence;

static void condemn_now(void *arg, const char *act)
{
	(void)arg;
	if (strncmp(act, moment, strlen(moment)) != 0)
		return;
	recorder.before = NULL;
	condemn(&t, &sentence);
}

static void assert_not_good(enum bk_kind kind)
{
	assert_int_equal(commit(), -1);
	assert_int_equal(err.kind, kind);
	close_publish();
	assert_true(has_intent());
}

static void condemned_at(const char *when, const uint8_t *set,
			 const struct bk_pack_id *which)
{
	(void)start(NULL);
	moment = when;
	sentence = (struct condemned_things){
		.number = 3, .set = set, .pack = which};
	write_set();
	recorder.before = condemn_now;
	assert_not_good(BK_BUSY);
	assert_true(has_root()); /* it is never taken back */
	(void)end(NULL);
}

static void whatever_is_condemned_before_the_second_look_fails_it(void **state)
{
	static const char *const when[] = {"list data", "put sets/"};
	struct bk_pack_id of_full = {{0}, 0}, of_middle = {{0}, 0};
	struct setmade sets[2];

	(void)state;
	(void)start(NULL);
	sets[0] = full;
	sets[1] = middle;
	(void)end(NULL);
	memcpy(of_full.owner, sets[0].id, BK_ID_LEN);
	memcpy(of_middle.owner, sets[1].id, BK_ID_LEN);
	for (size_t i = 0; i < 2; i++) {
		condemned_at(when[i], sets[1].id, NULL);
		condemned_at(when[i], sets[0].id, NULL);
		condemned_at(when[i], NULL, &pack);
		condemned_at(when[i], NULL, &of_middle);
		condemned_at(when[i], NULL, &of_full);
	}
}

static void what_is_condemned_elsewhere_does_not_matter(void **state)
{
	const struct bk_pack_id other = {"somebody else's", 0};
	const uint8_t set[BK_ID_LEN] = "another";
	const struct condemned_things list = {
		.number = 1, .set = set, .pack = &other};

	(void)state;
	write_set();
	condemn(&t, &list);
	testrepo_done(commit(), &err);
}

/* ---- a target loses something ---- */

static char doomed[BK_NAME_MAX];
static bool cut_only;

static void lose_now(void *arg, const char *act)
{
	struct bk_err ignored = {0};

	(void)arg;
	if (strncmp(act, moment, strlen(moment)) != 0)
		return;
	recorder.before = NULL;
	if (cut_only)
		testrepo_cut(&t, doomed, 699);
	else
		(void)bk_target_remove(below, doomed, &ignored);
}

static void assert_loss_is_noticed(const char *when)
{
	moment = when;
	recorder.before = lose_now;
	assert_not_good(BK_CORRUPT);
	assert_non_null(strstr(err.text, doomed));
	(void)end(NULL);
}

static void a_pack_that_is_missing_or_short_fails_it(void **state)
{
	static const char *const when[] = {"list data", "list trash"};
	uint32_t own = 0;

	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (int what = 0; what < 6; what++) {
			(void)start(NULL);
			write_set();
			cut_only = what % 2;
			(void)bk_name_pack(doomed,
					   what < 2   ? maker.made.id
					   : what < 4 ? middle.id
						      : full.id,
					   own);
			assert_loss_is_noticed(when[i]);
		}
}

static void a_part_that_is_missing_fails_it(void **state)
{
	(void)state;
	cut_only = false;
	(void)start(NULL);
	write_set();
	(void)bk_name_manifest(doomed, maker.made.id, 0);
	assert_loss_is_noticed("list data");
	(void)start(NULL);
	write_set();
	(void)bk_name_table(doomed, full.id, 0);
	assert_loss_is_noticed("list trash");
}

static void a_root_that_is_missing_fails_it(void **state)
{
	(void)state;
	cut_only = false;
	for (int what = 0; what < 3; what++) {
		(void)start(NULL);
		write_set();
		(void)bk_name_root(doomed, what == 0   ? maker.made.id
					   : what == 1 ? middle.id
						       : full.id);
		assert_loss_is_noticed("list sets");
	}
}

/* ---- acts that fail ---- */

static void an_act_that_fails_fails_it(void **state)
{
	static const char *const acts[] = {"list data", "put sets/",
					   "list trash", "list sets"};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		(void)start(NULL);
		write_set();
		recorder.fail_on = acts[i];
		recorder.fail_kind = BK_LOST;
		assert_not_good(BK_LOST);
		assert_int_equal(has_root(), i >= 2);
		(void)end(NULL);
	}
}

/* What the intents of the set say of a base. */
static bool names_a_base(const char *name, uint32_t number)
{
	struct bk_file_id id = {.type = BK_FILE_INTENT, .ordinal = number};
	const uint8_t set[BK_ID_LEN] = "the set";
	struct bk_signed_file file = {0};
	struct bk_intent intent = {0};

	memcpy(id.set, set, sizeof(id.set));
	testrepo_done(bk_signed_file_read(&t.repo, name, &id, &file, &err),
		      &err);
	testrepo_done(bk_intent_decode(file.records, &intent, &err), &err);
	bool named = !bk_id_is_zero(intent.base);
	bk_intent_clear(&intent);
	bk_signed_file_clear(&file);
	return named;
}

/* No name is used twice. */
static void without_its_base_it_goes_on_under_the_next_intent(void **state)
{
	const uint8_t set[BK_ID_LEN] = "the set", on[BK_ID_LEN] = "a base";
	char first[BK_NAME_MAX], next[BK_NAME_MAX];
	struct bk_buf files = {0};

	(void)state;
	(void)bk_name_intent(first, set, 0);
	(void)bk_name_intent(next, set, 1);
	testrepo_done(bk_publish_open(&publish, &t.repo, set, on, &err), &err);
	assert_true(names_a_base(first, 0));
	testrepo_done(bk_publish_drop_base(publish, &err), &err);
	assert_false(names_a_base(next, 1));
	testrepo_files(&t, "open", &files);
	assert_null(strstr(bk_buf_text(&files), first));
	assert_non_null(strstr(bk_buf_text(&files), next));
	bk_buf_clear(&files);
	bk_publish_close(publish);
	publish = NULL;
}

static void an_intent_that_cannot_be_put_ends_it(void **state)
{
	const uint8_t set[BK_ID_LEN] = "the set";

	(void)state;
	recorder.fail_on = "put open/";
	recorder.fail_kind = BK_FULL;
	assert_int_equal(bk_publish_open(&publish, &t.repo, set, NULL, &err),
			 -1);
	assert_int_equal(err.kind, BK_FULL);
	recorder.fail_on = "list trash";
	recorder.fail_kind = BK_LOST;
	assert_int_equal(bk_publish_open(&publish, &t.repo, set, NULL, &err),
			 -1);
	assert_int_equal(err.kind, BK_LOST);
	assert_null(publish);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(everything_comes_in_its_order,
						start, end),
		cmocka_unit_test_setup_teardown(the_set_that_was_put_opens,
						start, end),
		cmocka_unit_test_setup_teardown(
			what_is_condemned_before_is_told_at_once, start, end),
		cmocka_unit_test_setup_teardown(
			a_set_that_is_given_up_leaves_its_intent_and_no_root,
			start, end),
		cmocka_unit_test(
			whatever_is_condemned_before_the_second_look_fails_it),
		cmocka_unit_test_setup_teardown(
			what_is_condemned_elsewhere_does_not_matter, start,
			end),
		cmocka_unit_test(a_pack_that_is_missing_or_short_fails_it),
		cmocka_unit_test(a_part_that_is_missing_fails_it),
		cmocka_unit_test(a_root_that_is_missing_fails_it),
		cmocka_unit_test(an_act_that_fails_fails_it),
		cmocka_unit_test_setup_teardown(
			without_its_base_it_goes_on_under_the_next_intent,
			start, end),
		cmocka_unit_test_setup_teardown(
			an_intent_that_cannot_be_put_ends_it, start, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
