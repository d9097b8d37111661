/* Trash files as bytes. */

#include "lib/test.h"

#include <string.h>

#include "lib/manual.h"
#include "repo/signed.h"
#include "repo/trash.h"

#define OTHER   "01a1dc131300b0b0b0b0b0b0b0b0b0b0"
#define SECTION ".Ss Trash trash/"

static const char *const labels[] = {
	[BK_TRASH_LIST] = ".Pa .bkx :",
	[BK_TRASH_GO] = ".Pa .go :",
	[BK_TRASH_DONE] = ".Pa .done :",
};

static void the_manuals_files_are_read_and_written_alike(void **state)
{
	(void)state;
	for (unsigned step = 0; step < 3; step++) {
		struct bk_buf shown = {0}, written = {0};
		struct bk_trash trash = {0};
		struct bk_err err = {0};
		manual_records(SECTION, labels[step], &shown);
		assert_int_equal(bk_trash_decode(bk_buf_view(&shown), step,
						 &trash, &err),
				 0);
		assert_int_equal(trash.step, step);
		bk_trash_encode(&trash, &written);
		assert_int_equal(written.len, shown.len);
		assert_memory_equal(written.data, shown.data, shown.len);
		bk_trash_clear(&trash);
		bk_buf_clear(&shown);
		bk_buf_clear(&written);
	}
}

static void the_manuals_list_says_what_is_condemned(void **state)
{
	struct bk_buf shown = {0};
	struct bk_trash trash = {0};
	struct bk_err err = {0};
	uint8_t set[BK_ID_LEN];

	(void)state;
	assert_true(bk_id_parse(OTHER, set));
	manual_records(SECTION, labels[BK_TRASH_LIST], &shown);
	assert_int_equal(bk_trash_decode(bk_buf_view(&shown), BK_TRASH_LIST,
					 &trash, &err),
			 0);
	assert_int_equal(trash.written_ms, 1795329000001);
	assert_int_equal(trash.grace_ms, 1795415400001);
	assert_string_equal(trash.why, "keep 3d");
	const struct bk_tombstone *found = bk_trash_find(&trash, set);
	assert_non_null(found);
	assert_int_equal(found->host[0], 0xc4);
	assert_int_equal(found->sequence, 8);
	assert_int_equal(found->sha256[0], 0x99);
	assert_int_equal(found->previous_sha256[31], 0x98);
	assert_true(bk_pack_ids_has(&trash.packs, set, 0));
	assert_int_equal(trash.n_objects, 1);
	assert_string_equal(trash.objects[0], "open/" OTHER ".00000001.bko");
	set[15] ^= 1;
	assert_null(bk_trash_find(&trash, set));
	bk_trash_clear(&trash);
	bk_buf_clear(&shown);
}

/* A .go and a .done that lists nothing have the same records: the header's
 * ordinal tells them apart. */
static void a_file_is_not_taken_for_another_step(void **state)
{
	(void)state;
	for (unsigned step = 0; step < 3; step++) {
		struct bk_buf shown = {0};
		manual_records(SECTION, labels[step], &shown);
		for (unsigned as = 0; as < 3; as++) {
			struct bk_trash trash = {0};
			struct bk_err err = {0};
			int rc = bk_trash_decode(bk_buf_view(&shown), as,
						 &trash, &err);
			if (as != step && rc == 0 &&
			    (step != BK_TRASH_GO || as != BK_TRASH_DONE))
				fail_msg("step %u passes for %u", step, as);
			bk_trash_clear(&trash);
		}
		bk_buf_clear(&shown);
	}
}

static void lists_are_put_in_order(void **state)
{
	struct bk_trash trash = {0}, again = {0};
	struct bk_buf bytes = {0};
	struct bk_err err = {0};

	(void)state;
	for (uint8_t i = 0; i < 40; i++) {
		bk_trash_add_set(&trash)->set[0] = (uint8_t)(i * 7 % 40);
		bk_trash_add_set(&trash)->set[1] = (uint8_t)(i + 1);
	}
	bk_trash_add_object(&trash, "sets/" OTHER ".bks");
	bk_trash_add_object(&trash, "data/" OTHER ".bkb");
	bk_trash_encode(&trash, &bytes);
	assert_int_equal(bk_trash_decode(bk_buf_view(&bytes), BK_TRASH_LIST,
					 &again, &err),
			 0);
	assert_int_equal(again.n_sets, 80);
	for (size_t i = 0; i < again.n_sets; i++)
		assert_ptr_equal(bk_trash_find(&again, again.sets[i].set),
				 &again.sets[i]);
	assert_string_equal(again.objects[0], "data/" OTHER ".bkb");
	assert_string_equal(again.why, "");
	bk_trash_clear(&again);

	/* One set twice. */
	memcpy(trash.sets[0].set, trash.sets[1].set, BK_ID_LEN);
	bytes.len = 0;
	bk_trash_encode(&trash, &bytes);
	assert_int_equal(bk_trash_decode(bk_buf_view(&bytes), BK_TRASH_LIST,
					 &again, &err),
			 -1);
	bk_trash_clear(&again);
	bk_trash_clear(&trash);
	bk_buf_clear(&bytes);
}

static void what_holds_a_repository_together_is_never_condemned(void **state)
{
	static const char *const names[] = {
		"bkrepo",
		"keys/" OTHER ".bkk",
		"trash/" OTHER ".bkx",
		"trash/" OTHER ".done",
		"data/../bkrepo",
		"/etc/passwd",
		"data/" OTHER,
		"data/" OTHER "/p00000000.bkp.part",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct bk_trash trash = {0}, again = {0};
		struct bk_buf bytes = {0};
		struct bk_err err = {0};
		bk_trash_add_object(&trash, names[i]);
		bk_trash_encode(&trash, &bytes);
		assert_int_equal(bk_trash_decode(bk_buf_view(&bytes),
						 BK_TRASH_LIST, &again, &err),
				 -1);
		assert_int_equal(err.kind, BK_CORRUPT);
		bk_trash_clear(&again);
		bk_trash_clear(&trash);
		bk_buf_clear(&bytes);
	}
}

static void a_file_cut_within_a_record_is_refused(void **state)
{
	struct bk_buf shown = {0};
	size_t good = 0;

	(void)state;
	manual_records(SECTION, labels[BK_TRASH_DONE], &shown);
	for (size_t n = 0; n < shown.len; n++) {
		struct bk_trash trash = {0};
		struct bk_err err = {0};
		struct bk_view less = {shown.data, n};
		good += bk_trash_decode(less, BK_TRASH_DONE, &trash, &err) == 0;
		bk_trash_clear(&trash);
	}
	assert_int_equal(good, 0);
	bk_buf_clear(&shown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_manuals_files_are_read_and_written_alike),
		cmocka_unit_test(the_manuals_list_says_what_is_condemned),
		cmocka_unit_test(a_file_is_not_taken_for_another_step),
		cmocka_unit_test(lists_are_put_in_order),
		cmocka_unit_test(
			what_holds_a_repository_together_is_never_condemned),
		cmocka_unit_test(a_file_cut_within_a_record_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
