/*
 * What a check finds in sets that are signed, sealed and summed rightly, and
 * say what they must not: made by somebody who has the keys, or by a writer
 * with a mistake.
 */

#include <stdio.h>
#include <string.h>

#include "lib/checking.h"
#include "lib/condemn.h"

static const struct making right = {.kind = BK_SET_FULL};

static void reuse(struct bk_table *table)
{
	struct bk_table_row row = pack_row;

	row.ordinal = (uint32_t)table->n;
	row.flags = (uint8_t)(row.flags & ~BK_TABLE_OWN) | BK_TABLE_REUSED;
	*bk_table_add(table) = row;
}

static void sets_as_they_should_be_are_whole(void **state)
{
	(void)state;
	struct setmade full = make(&right);
	assert_whole(0);
	assert_whole(ALL);
	make(&(struct making){.number = 1,
			      .kind = BK_SET_DIFFERENTIAL,
			      .base = &full,
			      .no_pack = true,
			      .table = reuse});
	assert_whole(0);
	assert_whole(ALL);
	if (check(ALL, "latest") < 0)
		fail_msg("%s", bk_buf_text(&said));
}

/* ---- packs ---- */

static void another_id(struct packmaker *pack)
{
	pack->rows.data[3 * 24] ^= 1;
}

static void another_id_of_a_skeleton(struct packmaker *pack)
{
	pack->rows.data[1 * 24] ^= 1;
}

static void impossible_type(struct packmaker *pack)
{
	pack->rows.data[3 * 24 + 22] = 7;
}

static void another_stored_length(struct packmaker *pack)
{
	uint8_t *len = pack->table.data + 8 + 4;

	bk_put_u32(len, bk_get_u32(len) + 1);
}

static void identifiers_of_chunks_are_computed_from_all_data(void **state)
{
	(void)state;
	make(&(struct making){.kind = BK_SET_FULL, .pack = another_id});
	assert_whole(0); /* nothing is read */
	assert_found(ALL,
		     "block 2: chunk 3: its identifier is that of other "
		     "bytes");
	/* It is told once, though three blocks of the pack are looked at. */
	const char *first = strstr(bk_buf_text(&said), "its identifier");
	assert_null(strstr(first + 1, "its identifier"));
}

static void blocks_that_no_message_needs_are_read_too(void **state)
{
	(void)state;
	make(&(struct making){.kind = BK_SET_FULL,
			      .empty = true,
			      .pack = another_id_of_a_skeleton});
	assert_whole(0);
	assert_found(ALL,
		     "block 1: chunk 1: its identifier is that of other "
		     "bytes");
}

static void rows_and_block_tables_need_no_data(void **state)
{
	(void)state;
	make(&(struct making){.kind = BK_SET_FULL, .pack = impossible_type});
	assert_found(0, "row 3: a chunk of an impossible type");
	make(&(struct making){.kind = BK_SET_FULL,
			      .number = 1,
			      .pack = another_stored_length});
	assert_found(0, "block table: blocks that do not meet");
}

static void chunks_must_be_of_the_type_that_is_wanted(void **state)
{
	(void)state;
	make(&(struct making){
		.kind = BK_SET_FULL, .refs = {0, 2, 1}
        });
	assert_found(0,
		     "uid 1: names chunk 2 of pack 0, whose type is 3 and "
		     "cannot be there");
	assert_found(ALL, "cannot be there");
}

/* ---- tables ---- */

static void another_sum(struct bk_table *table)
{
	reuse(table);
	table->rows[0].sha256[0] ^= 1;
}

static void two_tables_say_the_same_of_a_pack(void **state)
{
	(void)state;
	struct setmade full = make(&right);
	make(&(struct making){.number = 1,
			      .kind = BK_SET_DIFFERENTIAL,
			      .base = &full,
			      .no_pack = true,
			      .table = another_sum});
	assert_found(0, "its pack table describes data/");
	assert_found(0, "set 20231114T2214-d (");
}

static void a_differential_has_packs_of_its_full_set_only(void **state)
{
	(void)state;
	struct setmade full = make(&right);
	make(&(struct making){.kind = BK_SET_FULL, .number = 1});
	make(&(struct making){.number = 2,
			      .kind = BK_SET_DIFFERENTIAL,
			      .base = &full,
			      .no_pack = true,
			      .table = reuse});
	assert_found(0, "a differential has only packs of its full set");
}

static void in_a_bundle(struct bk_table *table)
{
	table->rows[0].flags |= BK_TABLE_BUNDLED;
}

static void a_bundle_is_all_or_nothing(void **state)
{
	(void)state;
	make(&(struct making){.kind = BK_SET_FULL, .table = in_a_bundle});
	assert_int_equal(check(0, NULL), -1);
}

static void drop_row(struct bk_buf *rows)
{
	rows->len -= 24;
}

static void shift_row(struct bk_buf *rows)
{
	bk_put_u32(rows->data + 20, bk_get_u32(rows->data + 20) + 1);
}

static void an_index_names_all_chunks(void **state)
{
	(void)state;
	make(&(struct making){.kind = BK_SET_FULL, .index = drop_row});
	assert_found(ALL, "the index does not name chunk");
	make(&(struct making){
		.kind = BK_SET_FULL, .number = 1, .index = shift_row});
	assert_found(ALL, "set 20231114T2214-f (");
}

/* ---- manifests ---- */

static void the_directory_has_the_folders_account(void **state)
{
	(void)state;
	make(&(struct making){.kind = BK_SET_FULL, .directory_account = 2});
	assert_found(0, "the directory has folder 1 under account 2, not 1");
}

static void a_full_set_has_no_changes(void **state)
{
	(void)state;
	make(&(struct making){.kind = BK_SET_FULL,
			      .record = BK_RECORD_CHANGES});
	assert_found(0, "changes of folder 1 in a full set");
}

/* ---- roots ---- */

static void one_message_more(struct setmaker *maker)
{
	maker->root.totals.messages++;
}

static void one_byte_less(struct setmaker *maker)
{
	maker->root.totals.bytes--;
}

static void more_stored(struct setmaker *maker)
{
	maker->root.totals.stored++;
}

static void sees_itself(struct setmaker *maker)
{
	struct bk_root_seen *seen = bk_root_add_seen(&maker->root);

	memcpy(seen->host, maker->root.host, BK_ID_LEN);
}

static void a_root_adds_up(void **state)
{
	(void)state;
	make(&(struct making){.kind = BK_SET_FULL, .root = one_message_more});
	assert_found(0,
		     "its root counts 2 messages of 34 bytes, its manifest "
		     "1 of 34");
	make(&(struct making){.kind = BK_SET_FULL, .root = one_byte_less});
	assert_found(0, "its root counts 1 messages of 33 bytes");
	make(&(struct making){.kind = BK_SET_FULL, .root = more_stored});
	assert_found(0, "its root says that it stored");
	make(&(struct making){.kind = BK_SET_FULL, .root = sees_itself});
	assert_found(0, "its root has seen its own host");
	make(&right);
	assert_whole(0);
}

static struct setmade before;

static void name_before(struct setmaker *maker)
{
	memcpy(maker->root.previous, before.id, BK_ID_LEN);
	memcpy(maker->root.previous_sha256, before.sha256, BK_SHA256_LEN);
}

static void the_set_before_is_the_one_that_was_named(void **state)
{
	const struct making next = {
		.kind = BK_SET_FULL, .number = 1, .root = name_before};

	(void)state;
	before = make(&right);
	make(&next);
	assert_whole(0);
	before.sha256[0] ^= 1;
	make(&next);
	assert_found(0, "is another one than 20231114T2214-f (");
}

/* ---- what other hosts saw ---- */

/* Sets 0 and 1 of two hosts; what the second says of the first. */
static struct bk_root_seen seen;

static void says_it_saw(struct setmaker *maker)
{
	*bk_root_add_seen(&maker->root) = seen;
}

static void twice(struct setmaker *maker)
{
	says_it_saw(maker);
	says_it_saw(maker);
}

static void by_another_host(const struct making *how)
{
	uint8_t *host = t.repo.host;

	host[0] ^= 1;
	make(how);
	host[0] ^= 1;
}

#define FIRST  "set 20231114T2213-f (018bcfe568000000)"
#define SECOND "20231114T2214-f (018bcfe652600000)"

static void what_was_seen_is_what_is_there(void **state)
{
	const struct making next = {
		.kind = BK_SET_FULL, .number = 1, .root = says_it_saw};

	(void)state;
	before = make(&right);
	seen = (struct bk_root_seen){.sequence = 1};
	memcpy(seen.host, t.repo.host, BK_ID_LEN);
	memcpy(seen.set, before.id, BK_ID_LEN);
	memcpy(seen.sha256, before.sha256, BK_SHA256_LEN);
	by_another_host(&next);
	assert_whole(0);
	seen.sha256[0] ^= 1;
	by_another_host(&next);
	assert_found(0, FIRST " has another SHA-256 than " SECOND
			      " says, which saw it");
	seen.sha256[0] ^= 1;
	seen.sequence = 2;
	by_another_host(&next);
	assert_found(0, FIRST " has another sequence than " SECOND
			      " says, which saw it");
	seen.sequence = 1;
	seen.host[0] ^= 2;
	by_another_host(&next);
	assert_found(0, FIRST " has another host than " SECOND
			      " says, which saw it");
	seen.set[0] ^= 1; /* not here: it may have been pruned */
	by_another_host(&next);
	assert_whole(0);
	by_another_host(&(struct making){
		.kind = BK_SET_FULL, .number = 1, .root = twice});
	assert_found(0, "it has seen one host twice");
}

static void no_set_saw_one_that_had_seen_it(void **state)
{
	(void)state;
	/* The first says that it saw what came after it. */
	seen = (struct bk_root_seen){.sequence = 2};
	memcpy(seen.host, t.repo.host, BK_ID_LEN);
	seen.host[0] ^= 1;
	memset(seen.set, 0xee, BK_ID_LEN);
	before = make(
		&(struct making){.kind = BK_SET_FULL, .root = says_it_saw});
	assert_whole(0);
	seen = (struct bk_root_seen){.sequence = 1};
	memcpy(seen.host, t.repo.host, BK_ID_LEN);
	memcpy(seen.set, before.id, BK_ID_LEN);
	memcpy(seen.sha256, before.sha256, BK_SHA256_LEN);
	by_another_host(&(struct making){
		.kind = BK_SET_FULL, .number = 1, .root = says_it_saw});
	assert_found(0, FIRST " is newer than " SECOND
			      ", which says that it saw it");
}

/* ---- files ---- */

static void a_file_that_is_longer_is_another(void **state)
{
	char name[BK_NAME_MAX], path[BK_NAME_MAX + 128];

	(void)state;
	struct setmade full = make(&right);
	(void)snprintf(path, sizeof(path), "%s/repo/%s", t.scratch.path,
		       bk_name_pack(name, full.id, 0));
	FILE *file = fopen(path, "a");
	assert_non_null(file);
	assert_int_equal(fputs("more", file) < 0, 0);
	assert_int_equal(fclose(file), 0);
	assert_found(0, "bytes, not");
}

static void lists_that_are_not_signed_rightly(void **state)
{
	const uint8_t gone[BK_ID_LEN] = {9};
	struct condemned_things list = {
		.number = 1, .set = gone, .forgery = WRONGLY_SIGNED};

	(void)state;
	make(&right);
	condemn(&t, &list);
	assert_found(0, "wrong signature");
	list.forgery = GENUINE;
	condemn(&t, &list);
	assert_whole(0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(sets_as_they_should_be_are_whole),
		CASE(identifiers_of_chunks_are_computed_from_all_data),
		CASE(blocks_that_no_message_needs_are_read_too),
		CASE(rows_and_block_tables_need_no_data),
		CASE(chunks_must_be_of_the_type_that_is_wanted),
		CASE(two_tables_say_the_same_of_a_pack),
		CASE(a_differential_has_packs_of_its_full_set_only),
		CASE(a_bundle_is_all_or_nothing),
		CASE(an_index_names_all_chunks),
		CASE(the_directory_has_the_folders_account),
		CASE(a_full_set_has_no_changes),
		CASE(a_root_adds_up),
		CASE(the_set_before_is_the_one_that_was_named),
		CASE(what_was_seen_is_what_is_there),
		CASE(no_set_saw_one_that_had_seen_it),
		CASE(a_file_that_is_longer_is_another),
		CASE(lists_that_are_not_signed_rightly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
