/* Set roots as bytes. */

#include "lib/test.h"

#include <string.h>

#include "lib/manual.h"
#include "repo/root.h"
#include "repo/signed.h"

#define FULL  "01a2001f9700b1b1b1b1b1b1b1b1b1b1"
#define DIFF  "01a201f28240b2b2b2b2b2b2b2b2b2b2"
#define OTHER "01a1dc131300b0b0b0b0b0b0b0b0b0b0"

static void the_manuals_full_set_is_read_and_written_alike(void **state)
{
	struct bk_buf shown = {0}, written = {0};
	struct bk_root root = {0};
	struct bk_err err = {0};

	(void)state;
	manual_records(".Ss Set root sets/01a2001f", NULL, &shown);
	assert_int_equal(bk_root_decode(bk_buf_view(&shown), &root, &err), 0);
	assert_int_equal(root.kind, BK_SET_FULL);
	assert_false(root.incomplete);
	assert_int_equal(root.store[0], 0xd4);
	assert_string_equal(root.store_name, "mail");
	assert_true(bk_id_is_zero(root.base));
	assert_int_equal(root.host[15], 0xc3);
	assert_string_equal(root.host_name, "mx1");
	assert_int_equal(root.sequence, 1);
	assert_true(bk_id_is_zero(root.previous));
	assert_int_equal(root.start_ms, 1795298400000);
	assert_int_equal(root.end_ms, 1795298400412);
	assert_int_equal(root.reader_major, 1);
	assert_int_equal(root.reader_minor, 0);
	assert_string_equal(root.tool, "bk 1.0");
	assert_int_equal(root.n_parts, 3);
	assert_int_equal(root.n_seen, 0);
	assert_int_equal(root.totals.messages, 2);
	assert_int_equal(root.totals.added, 2);
	assert_int_equal(root.totals.stored, 1043 + 612 + 896 + 612);
	assert_int_equal(root.totals.ms, 412);
	bk_root_encode(&root, &written);
	assert_int_equal(written.len, shown.len);
	assert_memory_equal(written.data, shown.data, shown.len);
	bk_root_clear(&root);
	bk_buf_clear(&shown);
	bk_buf_clear(&written);
}

static void the_manuals_differential_is_read_and_written_alike(void **state)
{
	struct bk_buf shown = {0}, written = {0};
	struct bk_root root = {0};
	struct bk_err err = {0};
	uint8_t base[BK_ID_LEN], set[BK_ID_LEN], other[BK_ID_LEN];
	char name[BK_NAME_MAX];

	(void)state;
	assert_true(bk_id_parse(FULL, base));
	assert_true(bk_id_parse(DIFF, set));
	assert_true(bk_id_parse(OTHER, other));
	manual_records(".Ss Set root sets/01a201f2", NULL, &shown);
	assert_int_equal(bk_root_decode(bk_buf_view(&shown), &root, &err), 0);
	assert_int_equal(root.kind, BK_SET_DIFFERENTIAL);
	assert_memory_equal(root.base, base, BK_ID_LEN);
	assert_memory_equal(root.previous, base, BK_ID_LEN);
	assert_memory_equal(root.base_sha256, root.previous_sha256, 32);
	assert_int_equal(root.sequence, 2);
	assert_int_equal(root.n_seen, 1);
	assert_int_equal(root.seen[0].host[0], 0xc4);
	assert_int_equal(root.seen[0].sequence, 8);
	assert_memory_equal(root.seen[0].set, other, BK_ID_LEN);
	assert_int_equal(root.totals.gone, 1);
	const struct bk_root_part *part = bk_root_part(&root, BK_PART_MANIFEST);
	assert_non_null(part);
	assert_true(part->bundled);
	assert_string_equal(bk_root_part_name(name, part, set),
			    "data/" DIFF ".bkb");
	bk_root_encode(&root, &written);
	assert_int_equal(written.len, shown.len);
	assert_memory_equal(written.data, shown.data, shown.len);
	bk_root_clear(&root);
	bk_buf_clear(&shown);
	bk_buf_clear(&written);
}

/* A root with its parts in the wrong order, to be spoilt. */
static void make_root(struct bk_root *root)
{
	*root = (struct bk_root){
		.kind = BK_SET_INCREMENTAL,
		.store_name = "mail",
		.base = {1},
		.sequence = 7,
		.reader_major = 1,
		.tool = "bk 1.0",
	};
	bk_root_add_part(root)->type = BK_PART_TABLE;
	bk_root_add_part(root)->type = BK_PART_INDEX;
	bk_root_add_part(root)->type = BK_PART_MANIFEST;
	bk_root_add_seen(root)->host[0] = 9;
	bk_root_add_seen(root)->host[0] = 8;
}

/* Encodes and clears it, and decodes it again. */
static int take_round(struct bk_root *root, struct bk_root *again,
		      struct bk_err *err)
{
	struct bk_buf bytes = {0};

	*again = (struct bk_root){0};
	bk_root_encode(root, &bytes);
	bk_root_clear(root);
	int rc = bk_root_decode(bk_buf_view(&bytes), again, err);
	bk_buf_clear(&bytes);
	return rc;
}

static void parts_and_hosts_are_put_in_order(void **state)
{
	struct bk_root root, again;
	struct bk_err err = {0};
	uint8_t set[BK_ID_LEN] = {0};
	char name[BK_NAME_MAX];

	(void)state;
	make_root(&root);
	root.incomplete = true;
	assert_int_equal(take_round(&root, &again, &err), 0);
	assert_true(again.incomplete);
	assert_string_equal(again.host_name, "");
	assert_int_equal(again.parts[0].type, BK_PART_INDEX);
	assert_int_equal(again.parts[2].type, BK_PART_TABLE);
	assert_int_equal(again.seen[0].host[0], 8);
	assert_string_equal(bk_root_part_name(name, &again.parts[0], set) + 38,
			    "i00000000.bki");
	assert_string_equal(bk_root_part_name(name, &again.parts[1], set) + 38,
			    "m00000000.bkm");
	assert_string_equal(bk_root_part_name(name, &again.parts[2], set) + 38,
			    "t00000000.bkt");
	bk_root_clear(&again);
}

static void a_part_of_a_later_version_may_be_optional(void **state)
{
	struct bk_root root, again;
	struct bk_err err = {0};
	uint8_t set[BK_ID_LEN] = {0};
	char name[BK_NAME_MAX];

	(void)state;
	make_root(&root);
	struct bk_root_part *part = bk_root_add_part(&root);
	part->type = 10;
	part->optional = true;
	assert_int_equal(take_round(&root, &again, &err), 0);
	assert_int_equal(again.n_parts, 4);
	assert_string_equal(bk_root_part_name(name, &again.parts[3], set), "");
	bk_root_clear(&again);

	make_root(&root);
	bk_root_add_part(&root)->type = 10;
	assert_int_equal(take_round(&root, &again, &err), -1);
	assert_int_equal(err.kind, BK_NEWER);
	bk_root_clear(&again);
}

static void a_set_for_a_later_reader_says_so(void **state)
{
	struct bk_root root, again;
	struct bk_err err = {0};

	(void)state;
	for (unsigned minor = 0; minor < 2; minor++) {
		make_root(&root);
		root.reader_major = minor ? 1 : 2;
		root.reader_minor = (uint8_t)minor;
		root.tool = "bk 3.1";
		assert_int_equal(take_round(&root, &again, &err), -1);
		assert_int_equal(err.kind, BK_NEWER);
		assert_non_null(strstr(err.text, "bk 3.1"));
		bk_root_clear(&again);
	}
}

/* Each makes a root that cannot be. */
static void no_parts(struct bk_root *root)
{
	root->n_parts = 0;
}
static void one_part_missing(struct bk_root *root)
{
	root->n_parts--;
}
static void two_manifests(struct bk_root *root)
{
	struct bk_root_part *part = bk_root_add_part(root);
	part->type = BK_PART_MANIFEST;
	part->ordinal = 1;
}
static void the_same_part_twice(struct bk_root *root)
{
	bk_root_add_part(root)->type = BK_PART_MANIFEST;
}
static void half_a_bundle(struct bk_root *root)
{
	root->parts[0].bundled = true;
}
static void an_offset_in_no_bundle(struct bk_root *root)
{
	root->parts[0].offset = 1;
}
static void an_offset_beyond_everything(struct bk_root *root)
{
	for (size_t i = 0; i < root->n_parts; i++)
		root->parts[i].bundled = true;
	root->parts[0].offset = 2;
	root->parts[0].file_len = UINT64_MAX - 1;
}
static void one_host_twice(struct bk_root *root)
{
	root->seen[0].host[0] = root->seen[1].host[0];
}
static void no_base(struct bk_root *root)
{
	memset(root->base, 0, BK_ID_LEN);
}
static void no_kind(struct bk_root *root)
{
	root->kind = 4;
}
static void no_sequence(struct bk_root *root)
{
	root->sequence = 0;
}
static void a_name_that_is_no_text(struct bk_root *root)
{
	root->store_name = "\xff";
}
static void a_time_before_all_time(struct bk_root *root)
{
	root->end_ms = -1;
}

static void a_root_that_cannot_be_is_refused(void **state)
{
	static void (*const spoil[])(struct bk_root *) = {
		no_parts,
		one_part_missing,
		two_manifests,
		the_same_part_twice,
		half_a_bundle,
		an_offset_in_no_bundle,
		one_host_twice,
		an_offset_beyond_everything,
		no_base,
		no_kind,
		no_sequence,
		a_name_that_is_no_text,
		a_time_before_all_time,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(spoil) / sizeof(*spoil); i++) {
		struct bk_root root, again;
		struct bk_err err = {0};
		make_root(&root);
		spoil[i](&root);
		if (take_round(&root, &again, &err) != -1)
			fail_msg("case %zu is accepted", i);
		assert_int_equal(err.kind, BK_CORRUPT);
		bk_root_clear(&again);
	}
}

/* The base of another kind of set, and a full set with one: as bytes, since
 * the encoder would not write it. */
static void a_full_set_has_no_base(void **state)
{
	struct bk_root root, again = {0};
	struct bk_buf bytes = {0};
	struct bk_err err = {0};

	(void)state;
	make_root(&root);
	bk_root_encode(&root, &bytes);
	bytes.data[2] = BK_SET_FULL;
	assert_int_equal(bk_root_decode(bk_buf_view(&bytes), &again, &err), -1);
	assert_int_equal(err.kind, BK_CORRUPT);
	bk_root_clear(&again);
	bk_root_clear(&root);
	bk_buf_clear(&bytes);
}

static void a_root_cut_anywhere_is_refused(void **state)
{
	struct bk_root root;
	struct bk_buf bytes = {0};

	(void)state;
	make_root(&root);
	bk_root_encode(&root, &bytes);
	for (size_t n = 0; n < bytes.len; n++) {
		struct bk_root again = {0};
		struct bk_err err = {0};
		struct bk_view less = {bytes.data, n};
		assert_int_equal(bk_root_decode(less, &again, &err), -1);
		assert_int_equal(err.kind, BK_CORRUPT);
		bk_root_clear(&again);
	}
	bk_root_clear(&root);
	bk_buf_clear(&bytes);
}

static void kinds_have_names(void **state)
{
	(void)state;
	assert_string_equal(bk_set_kind_name(BK_SET_FULL), "full");
	assert_string_equal(bk_set_kind_name(BK_SET_DIFFERENTIAL),
			    "differential");
	assert_string_equal(bk_set_kind_name(BK_SET_INCREMENTAL),
			    "incremental");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_manuals_full_set_is_read_and_written_alike),
		cmocka_unit_test(
			the_manuals_differential_is_read_and_written_alike),
		cmocka_unit_test(parts_and_hosts_are_put_in_order),
		cmocka_unit_test(a_part_of_a_later_version_may_be_optional),
		cmocka_unit_test(a_set_for_a_later_reader_says_so),
		cmocka_unit_test(a_root_that_cannot_be_is_refused),
		cmocka_unit_test(a_full_set_has_no_base),
		cmocka_unit_test(a_root_cut_anywhere_is_refused),
		cmocka_unit_test(kinds_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
