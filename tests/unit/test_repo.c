/* Making and opening repositories on a local folder. */

#include "lib/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/crc32.h"
#include "base/file.h"
#include "repo/container.h"
#include "repo/keyfile.h"
#include "repo/repo.h"

static const struct bk_scrypt weakest = {BK_SCRYPT_WRITE_LOG2_N, 1, 1};
static const uint8_t host[BK_ID_LEN] = "host";
static char folder[64];
static struct bk_target *target;
static struct bk_secret password, wrong;

static int start(void **state)
{
	struct bk_err err = {0};

	(void)state;
	strcpy(folder, "/tmp/test_repo.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	bk_secret_set(&password, "sesame", 6);
	bk_secret_set(&wrong, "sesamf", 6);
	return bk_target_open(&target, folder, NULL, false, &err);
}

static int end(void **state)
{
	struct bk_blob_list blobs = {0};
	char path[128];
	struct bk_err err = {0};

	(void)state;
	(void)bk_target_list(target, "", &blobs, &err);
	for (size_t i = 0; i < blobs.n; i++)
		(void)bk_target_remove(target, blobs.items[i].name, &err);
	bk_blob_list_clear(&blobs);
	bk_target_close(target);
	bk_secret_clear(&password);
	bk_secret_clear(&wrong);
	(void)snprintf(path, sizeof(path), "%s/keys", folder);
	(void)rmdir(path);
	return rmdir(folder);
}

static struct bk_repo *init(void)
{
	const struct bk_repo_plan plan = {&password, "admin", &weakest};
	struct bk_repo *repo = NULL;
	struct bk_err err = {0};

	if (bk_repo_init(&repo, target, host, &plan, &err) < 0)
		fail_msg("%s", err.text);
	return repo;
}

static struct bk_repo *open_with(const struct bk_credential *with)
{
	struct bk_repo *repo = NULL;
	struct bk_err err = {0};

	if (bk_repo_open(&repo, target, NULL, host, with, &err) < 0)
		fail_msg("%s", err.text);
	return repo;
}

static void assert_refused(const struct bk_credential *with, enum bk_kind kind,
			   const char *text)
{
	struct bk_repo *repo = NULL;
	struct bk_err err = {0};

	assert_int_equal(bk_repo_open(&repo, target, NULL, host, with, &err),
			 -1);
	if (!strstr(err.text, text))
		fail_msg("'%s' does not say '%s'", err.text, text);
	assert_int_equal(err.kind, kind);
	assert_null(repo);
}

static void a_new_repository_opens_with_its_password(void **state)
{
	const struct bk_credential with = {.password = &password};
	struct bk_repo *made = init();
	struct bk_repo *repo = open_with(&with);

	(void)state;
	assert_memory_equal(made->id, repo->id, BK_ID_LEN);
	assert_memory_equal(&made->keys, &repo->keys, sizeof(repo->keys));
	assert_memory_equal(repo->host, host, BK_ID_LEN);
	assert_string_equal(repo->slot_label, "admin");
	assert_memory_equal(made->slot, repo->slot, BK_ID_LEN);
	assert_int_equal(repo->keys.generation, 1);
	bk_repo_close(made);
	bk_repo_close(repo);
	bk_repo_close(NULL);
}

static void nothing_is_made_where_something_is(void **state)
{
	const struct bk_repo_plan plan = {&password, "admin", &weakest};
	struct bk_repo *repo = NULL;
	struct bk_err err = {0};

	(void)state;
	bk_repo_close(init());
	assert_int_equal(bk_repo_init(&repo, target, host, &plan, &err), -1);
	assert_int_equal(err.kind, BK_EXISTS);
	assert_int_equal(bk_target_remove(target, "bkrepo", &err), 0);
	assert_int_equal(bk_repo_init(&repo, target, host, &plan, &err), -1);
	assert_int_equal(err.kind, BK_UNSAFE);
	assert_non_null(strstr(err.text, "bk-init that was interrupted"));
	assert_int_equal(bk_target_put(target, "data/note",
				       (struct bk_view){(const uint8_t *)"", 0},
				       &err),
			 0);
	assert_int_equal(bk_repo_init(&repo, target, host, &plan, &err), -1);
	assert_int_equal(err.kind, BK_UNSAFE);
	assert_non_null(strstr(err.text, "other files"));
}

static void a_wrong_password_is_told_with_the_slots_tried(void **state)
{
	const struct bk_credential with = {.password = &wrong};
	char text[200];

	(void)state;
	bk_repo_close(init());
	(void)snprintf(text, sizeof(text),
		       "wrong password for %s (slots: admin)", folder);
	assert_refused(&with, BK_NO_KEY, text);
}

static void no_repository_is_told(void **state)
{
	const struct bk_credential with = {.password = &password};
	char text[200];
	struct bk_err err = {0};

	(void)state;
	(void)snprintf(text, sizeof(text), "no repository at %s", folder);
	assert_refused(&with, BK_GONE, text);
	bk_repo_close(init());
	assert_int_equal(bk_target_remove(target, "bkrepo", &err), 0);
	assert_refused(&with, BK_CORRUPT, "bkrepo is missing");
}

static void put_marker(uint8_t at, uint8_t value, bool renew)
{
	struct bk_buf bytes = {0};
	struct bk_err err = {0};

	assert_int_equal(bk_target_read(target, "bkrepo", 0, 64, &bytes, &err),
			 0);
	bytes.data[at] = value;
	if (renew)
		bk_put_u32(bytes.data + 60, bk_crc32(0, bytes.data, 60));
	assert_int_equal(
		bk_target_put(target, "bkrepo", bk_buf_view(&bytes), &err), 0);
	bk_buf_clear(&bytes);
}

static void a_newer_repository_is_refused_before_the_password(void **state)
{
	const struct bk_credential with = {.password = &wrong};

	(void)state;
	bk_repo_close(init());
	put_marker(8, 2, true);
	put_marker(9, 2, true);
	assert_refused(&with, BK_NEWER,
		       "made by a newer version (format 2); upgrade this host "
		       "first");
}

static void a_newer_one_that_lets_us_read_is_not_written(void **state)
{
	const struct bk_credential with = {.password = &password};
	const struct bk_file_id id = {.type = BK_FILE_PACK};
	uint8_t head[BK_HEAD_LEN], key[BK_KEY_LEN];
	struct bk_err err = {0};

	(void)state;
	bk_repo_close(init());
	put_marker(8, 2, true);
	struct bk_repo *repo = open_with(&with);
	assert_int_equal(bk_head_make(repo, &id, 20, head, key, &err), -1);
	assert_int_equal(err.kind, BK_NEWER);
	bk_repo_close(repo);
}

static void every_flipped_bit_of_the_marker_is_found(void **state)
{
	struct bk_marker marker = {1, 1, 20000, "id"}, again;
	uint8_t bytes[BK_MARKER_LEN];
	struct bk_view view = {bytes, sizeof(bytes)};
	struct bk_err err = {0};

	(void)state;
	bk_marker_encode(&marker, bytes);
	assert_int_equal(bk_marker_decode(view, &again, &err), 0);
	assert_memory_equal(&marker, &again, sizeof(marker));
	for (size_t bit = 0; bit < sizeof(bytes) * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(bk_marker_decode(view, &again, &err), -1);
		assert_int_equal(err.kind, BK_CORRUPT);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	view.len--;
	assert_int_equal(bk_marker_decode(view, &again, &err), -1);
}

static void a_damaged_slot_does_not_hide_a_good_one(void **state)
{
	const struct bk_credential with = {.password = &password};
	struct bk_err err = {0};

	(void)state;
	bk_repo_close(init());
	assert_int_equal(
		bk_target_put(
			target, "keys/00112233445566778899aabbccddeeff.bkk",
			(struct bk_view){(const uint8_t *)"torn", 4}, &err),
		0);
	bk_repo_close(open_with(&with));
}

static void the_last_slot_damaged_is_damage_not_a_wrong_password(void **state)
{
	const struct bk_credential with = {.password = &password};
	struct bk_repo *repo = init();
	char name[BK_NAME_MAX];
	struct bk_err err = {0};

	(void)state;
	assert_int_equal(
		bk_target_put(target, bk_name_slot(name, repo->slot),
			      (struct bk_view){(const uint8_t *)"torn", 4},
			      &err),
		0);
	assert_refused(&with, BK_CORRUPT, "no key slot is left");
	bk_repo_close(repo);
}

static void one_slot_is_tried_where_one_is_named(void **state)
{
	struct bk_credential with = {.password = &password, .slot = "admin"};

	(void)state;
	bk_repo_close(init());
	bk_repo_close(open_with(&with));
	with.slot = "escrow";
	assert_refused(&with, BK_MISUSE,
		       "no key slot 'escrow' with a password");
}

/* ---- what somebody else wrote ---- */

static enum bk_file_type type_of(enum bk_name_kind kind)
{
	static const enum bk_file_type types[] = {
		[BK_NAME_PACK] = BK_FILE_PACK,
		[BK_NAME_INDEX] = BK_FILE_INDEX,
		[BK_NAME_MANIFEST] = BK_FILE_MANIFEST,
		[BK_NAME_TABLE] = BK_FILE_TABLE,
		[BK_NAME_ROOT] = BK_FILE_ROOT,
		[BK_NAME_HOLD] = BK_FILE_HOLD,
		[BK_NAME_INTENT] = BK_FILE_INTENT,
	};

	return (size_t)kind < sizeof(types) / sizeof(*types) ? types[kind] : 0;
}

/* Proves the file; false for what is no file with a header, or several. */
static bool proves(const struct bk_repo *repo, const char *text)
{
	const struct bk_file_place place = {.name = text};
	struct bk_file_reader *reader = NULL;
	struct bk_name name;
	struct bk_err err = {0};

	struct bk_file_id id = {.type = type_of(bk_name_parse(text, &name)),
				.ordinal = name.ordinal};
	memcpy(id.set, name.id, sizeof(id.set));
	if (!id.type)
		return false;
	if (bk_file_reader_open(&reader, repo, repo->target, &place, &id,
				&err) < 0 ||
	    bk_file_reader_prove(reader, NULL, NULL, &err) < 0)
		fail_msg("%s", err.text);
	bk_file_reader_close(reader);
	return true;
}

/* By a program that shares no code with this, from the format's text alone. */
static void the_repository_of_the_manual_opens_and_proves(void **state)
{
	const struct bk_credential with = {.password = &password};
	struct bk_target *mine = target;
	struct bk_blob_list blobs = {0};
	size_t proved = 0;
	struct bk_err err = {0};

	(void)state;
	if (bk_target_open(&target, "tests/golden/manual/repo", NULL, false,
			   &err) < 0)
		fail_msg("%s", err.text);
	bk_secret_set(&password, "correct horse", 13);
	struct bk_repo *repo = open_with(&with);
	assert_string_equal(repo->slot_label, "admin");
	assert_int_equal(bk_target_list(target, "", &blobs, &err), 0);
	for (size_t i = 0; i < blobs.n; i++)
		proved += proves(repo, blobs.items[i].name);
	assert_int_equal(proved, 8);
	bk_blob_list_clear(&blobs);
	bk_repo_close(repo);
	bk_target_close(target);
	target = mine;
}

/* ---- key files ---- */

/* Adds a slot of that type; its key file lies beside the folder. */
static char *export(struct bk_repo *repo)
{
	char *path = bk_asprintf("%s.key", folder);
	struct bk_keyfile keyfile = {0};
	struct bk_slot slot;
	struct bk_err err = {0};

	bk_secret_alloc(&keyfile.key, BK_KEY_LEN);
	keyfile.key.data[5] = 7;
	struct bk_slot_plan plan = {.repository = repo->id,
				    .label = "cron",
				    .keys = &repo->keys,
				    .key = keyfile.key.data};
	assert_int_equal(bk_slot_make(&plan, &slot, &err), 0);
	assert_int_equal(bk_slot_put(target, &slot, &err), 0);
	memcpy(keyfile.repository, repo->id, BK_ID_LEN);
	memcpy(keyfile.slot, slot.id, BK_ID_LEN);
	(void)unlink(path);
	if (bk_keyfile_write(path, &keyfile, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(bk_keyfile_write(path, &keyfile, &err), -1);
	assert_int_equal(err.kind, BK_EXISTS);
	bk_secret_clear(&keyfile.key);
	return path;
}

static void a_key_file_opens_without_a_password(void **state)
{
	struct bk_repo *made = init();
	char *path = export(made);
	const struct bk_credential with = {.keyblock = path};
	struct bk_repo *repo = open_with(&with);
	struct stat st;

	(void)state;
	assert_memory_equal(&made->keys, &repo->keys, sizeof(repo->keys));
	assert_string_equal(repo->slot_label, "cron");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, BK_KEYFILE_LEN);
	bk_repo_close(made);
	bk_repo_close(repo);
	(void)unlink(path);
	free(path);
}

static void a_key_file_that_others_may_read_is_refused(void **state)
{
	struct bk_repo *made = init();
	char *path = export(made);
	const struct bk_credential with = {.keyblock = path};

	(void)state;
	assert_int_equal(chmod(path, 0640), 0);
	assert_refused(&with, BK_MISUSE, "run: chmod 600 ");
	assert_int_equal(chmod(path, 0400), 0);
	bk_repo_close(open_with(&with));
	(void)unlink(path);
	assert_refused(&with, BK_MISUSE, "No such file");
	bk_repo_close(made);
	free(path);
}

static void a_key_file_of_another_repository_is_told(void **state)
{
	struct bk_repo *made = init();
	struct bk_err err = {0};

	(void)state;
	made->id[0] ^= 1;
	char *path = export(made);
	made->id[0] ^= 1;
	const struct bk_credential with = {.keyblock = path};
	assert_refused(&with, BK_NO_KEY, "is for another repository");
	(void)unlink(path);
	free(path);
	path = export(made);
	const struct bk_credential removed = {.keyblock = path};
	struct bk_repo *repo = open_with(&removed);
	char name[BK_NAME_MAX];
	assert_int_equal(
		bk_target_remove(target, bk_name_slot(name, repo->slot), &err),
		0);
	assert_refused(&removed, BK_NO_KEY, "was removed");
	bk_repo_close(repo);
	bk_repo_close(made);
	(void)unlink(path);
	free(path);
}

static void every_changed_byte_of_a_key_file_is_found(void **state)
{
	struct bk_repo *made = init();
	char *path = export(made);
	struct bk_keyfile keyfile = {0};
	struct bk_buf bytes = {0};
	struct bk_err err = {0};

	(void)state;
	assert_int_equal(bk_file_read(AT_FDCWD, path, 1000, &bytes, &err), 0);
	for (size_t i = 0; i < bytes.len; i++) {
		bytes.data[i] ^= 1;
		assert_int_equal(bk_file_replace(AT_FDCWD, path,
						 bk_buf_view(&bytes), 0600,
						 &err),
				 0);
		assert_int_equal(bk_keyfile_read(path, &keyfile, &err), -1);
		assert_int_equal(err.kind, BK_MISUSE);
		assert_null(keyfile.key.data);
		bytes.data[i] ^= 1;
	}
	for (size_t len = 0; len <= bytes.len + 1; len++) {
		struct bk_view view = {bytes.data, len};
		(void)bk_buf_text(&bytes);
		if (len == bytes.len)
			continue;
		assert_int_equal(
			bk_file_replace(AT_FDCWD, path, view, 0600, &err), 0);
		assert_int_equal(bk_keyfile_read(path, &keyfile, &err), -1);
	}
	bk_buf_clear(&bytes);
	bk_repo_close(made);
	(void)unlink(path);
	free(path);
}

#define repo_test(f) cmocka_unit_test_setup_teardown(f, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		repo_test(a_new_repository_opens_with_its_password),
		repo_test(nothing_is_made_where_something_is),
		repo_test(a_wrong_password_is_told_with_the_slots_tried),
		repo_test(no_repository_is_told),
		repo_test(a_newer_repository_is_refused_before_the_password),
		repo_test(a_newer_one_that_lets_us_read_is_not_written),
		repo_test(every_flipped_bit_of_the_marker_is_found),
		repo_test(a_damaged_slot_does_not_hide_a_good_one),
		repo_test(the_last_slot_damaged_is_damage_not_a_wrong_password),
		repo_test(one_slot_is_tried_where_one_is_named),
		repo_test(the_repository_of_the_manual_opens_and_proves),
		repo_test(a_key_file_opens_without_a_password),
		repo_test(a_key_file_that_others_may_read_is_refused),
		repo_test(a_key_file_of_another_repository_is_told),
		repo_test(every_changed_byte_of_a_key_file_is_found),
	};

	return cmocka_run_group_tests_name("repo", tests, NULL, NULL);
}
