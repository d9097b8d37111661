/*
 * Every byte of every file of a small repository is changed in turn, in three
 * ways: a full set and a differential on it.  Whoever opens the repository,
 * lists its sets and reads its mail gets an error or the very same mail; and a
 * check finds every one of them.  No byte may change unnoticed: neither padding
 * nor a footer, which is only a hint.  The same for files that are gone, cut,
 * longer, or another one under their name.
 */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job/check.h"
#include "lib/backups.h"
#include "lib/memory.h"
#include "repo/chunk_reader.h"
#include "repo/keyfile.h"
#include "repo/slot.h"
#include "target/local.h"

#define SMALL ((size_t)16 << 10)

/* Sanitizers are slow: each byte once, the masks in turn. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STRIDE 3
#else
#define STRIDE 1
#endif

static const uint8_t masks[] = {0x01, 0x80, 0xff};

/* ---- a silent listener ---- */

static void no_start(struct bk_progress *to, const struct bk_run *run)
{
	(void)to;
	(void)run;
}

static void no_totals(struct bk_progress *to, const struct bk_totals *totals)
{
	(void)to;
	(void)totals;
}

static void no_text(struct bk_progress *to, const char *text)
{
	(void)to;
	(void)text;
}

static void no_error(struct bk_progress *to, const struct bk_item_error *error)
{
	(void)to;
	(void)error;
}

static void no_end(struct bk_progress *to, const struct bk_summary *summary)
{
	(void)to;
	(void)summary;
}

static void no_target(struct bk_progress *to,
		      const struct bk_target_report *report)
{
	(void)to;
	(void)report;
}

static const struct bk_progress_ops silent_ops = {
	.start = no_start,
	.totals = no_totals,
	.account = no_text,
	.item_error = no_error,
	.note = no_text,
	.target = no_target,
	.finish = no_end,
};

/* ---- a small repository ---- */

static struct backups b;
static struct memory_target memory;
static char keyfile_path[96];
static const uint8_t host[BK_ID_LEN] = "host";

static void add_keyfile(struct bk_repo *repo)
{
	struct bk_keyfile keyfile = {0};
	struct bk_slot slot;
	struct bk_err err = {0};

	bk_secret_alloc(&keyfile.key, BK_KEY_LEN);
	memset(keyfile.key.data, 'k', BK_KEY_LEN);
	const struct bk_slot_plan plan = {
		.repository = repo->id,
		.label = "host",
		.keys = &repo->keys,
		.key = keyfile.key.data,
	};
	testrepo_done(bk_slot_make(&plan, &slot, &err), &err);
	memcpy(keyfile.repository, repo->id, BK_ID_LEN);
	memcpy(keyfile.slot, slot.id, BK_ID_LEN);
	testrepo_done(bk_keyfile_write(keyfile_path, &keyfile, &err), &err);
	testrepo_done(bk_slot_put(repo->target, &slot, &err), &err);
	bk_secret_clear(&keyfile.key);
}

static void make_sets(struct bk_repo *repo)
{
	b.request.repo = repo;
	b.request.threads = 1;
	backups_deliver(&b, ANN, "", "1.a.host:2,S",
			"Received: by x\nSubject: one\n\nOne.\n");
	backups_deliver(&b, ANN, ".Sent", "2.b.host:2,",
			"Subject: two\n\nTwo.\n");
	testrepo_done(backups_run(&b, BK_BACKUP_FULL), &b.err);
	backups_deliver(&b, ANN, "", "3.c.host:2,",
			"Subject: three\n\nThree\n");
	backups_rename(&b, ANN "/cur/1.a.host:2,S", ANN "/cur/1.a.host:2,FS");
	testrepo_done(backups_run(&b, BK_BACKUP_DIFFERENTIAL), &b.err);
}

static int start(void **state)
{
	const struct bk_scrypt weakest = {BK_SCRYPT_WRITE_LOG2_N, 1, 1};
	struct bk_secret password = {0};
	struct bk_repo_plan plan = {&password, "admin", &weakest};
	struct bk_target *target = NULL;
	struct bk_repo *repo = NULL;
	char path[96];
	struct bk_err err = {0};

	(void)state;
	backups_begin(&b);
	(void)snprintf(path, sizeof(path), "%s/small", b.t.scratch.path);
	(void)snprintf(keyfile_path, sizeof(keyfile_path), "%s/keyfile",
		       b.t.scratch.path);
	bk_secret_set(&password, "sesame", 6);
	testrepo_done(bk_local_open(&target, path, true, &err), &err);
	testrepo_done(bk_repo_init(&repo, target, host, &plan, &err), &err);
	add_keyfile(repo);
	make_sets(repo);
	memory_take(&memory, target);
	bk_repo_close(repo);
	bk_target_close(target);
	bk_secret_clear(&password);
	return 0;
}

static int end(void **state)
{
	(void)state;
	memory_clear(&memory);
	backups_end(&b);
	return 0;
}

/* ---- what somebody who needs the mail does ---- */

static int read_rows(struct bk_set *set, struct bk_chunk_reader *reader,
		     const struct bk_set_folder *folder, struct bk_buf *out,
		     struct bk_err *err)
{
	struct bk_row_list rows = {0};
	int rc = bk_set_rows(set, folder->id, true, &rows, err);

	for (size_t i = 0; rc == 0 && i < rows.n; i++) {
		struct bk_buf_sink sink;
		bk_buf_printf(out, "%s %s %u %u %jd\n", folder->folder.name,
			      rows.items[i].msg.name, rows.items[i].msg.uid,
			      rows.items[i].msg.flags,
			      (intmax_t)rows.items[i].msg.date);
		bk_buf_sink_init(&sink, out, SMALL);
		rc = bk_chunk_reader_join(reader, &rows.items[i], &sink.sink,
					  err);
	}
	bk_row_list_clear(&rows);
	return rc;
}

static int read_set(const struct bk_repo *repo, const uint8_t id[BK_ID_LEN],
		    struct bk_buf *out, struct bk_err *err)
{
	struct bk_set *set = NULL;

	if (bk_set_open(&set, repo, id, err) < 0)
		return -1;
	struct bk_chunk_reader *reader = bk_chunk_reader_new(set, SMALL);
	int rc = 0;
	for (size_t i = 0; i < set->n_accounts; i++)
		bk_buf_printf(out, "%s\n", set->accounts[i].account.address);
	for (size_t i = 0; rc == 0 && i < set->n_folders; i++)
		rc = read_rows(set, reader, &set->folders[i], out, err);
	bk_chunk_reader_free(reader);
	bk_set_close(set);
	return rc;
}

static int read_sets(const struct bk_repo *repo, struct bk_buf *out,
		     struct bk_err *err)
{
	struct bk_set_info_list sets = {0};
	int rc = bk_sets_list(repo, &sets, err);

	for (size_t i = 0; rc == 0 && i < sets.n; i++) {
		if (sets.items[i].broken)
			rc = bk_fail(err, BK_CORRUPT, "%s",
				     sets.items[i].broken);
		else
			rc = read_set(repo, sets.items[i].id, out, err);
	}
	bk_set_info_list_clear(&sets);
	return rc;
}

static int check(const struct bk_repo *repo)
{
	struct bk_progress silent = {.ops = &silent_ops};
	const struct bk_check_request request = {
		.repo = repo,
		.read_ppm = 1000000,
		.threads = 1,
	};
	struct bk_outcome outcome = {0};
	struct bk_err err = {0};

	return bk_check_run(&request, &silent, &outcome, &err);
}

/* What came of looking at all of it. */
enum verdict {
	UNNOTICED, /* everything is as it should be, they say */
	FOUND,     /* by a check: reading went well */
	REFUSED,   /* opening or reading failed */
};

static int open_memory(struct bk_repo **out)
{
	const struct bk_credential with = {.keyblock = keyfile_path};
	struct bk_err err = {0};

	return bk_repo_open(out, &memory.target, NULL, host, &with, &err);
}

static enum verdict look(const struct bk_repo *repo, struct bk_buf *mail,
			 bool read)
{
	struct bk_err err = {0};

	mail->len = 0;
	if (read && read_sets(repo, mail, &err) < 0)
		return REFUSED;
	return check(repo) < 0 ? FOUND : UNNOTICED;
}

/* `open` is the repository, or NULL to open it as it is now. */
static enum verdict look_at(struct bk_repo *open, struct bk_buf *mail,
			    bool read)
{
	struct bk_repo *repo = NULL;

	if (open)
		return look(open, mail, read);
	if (open_memory(&repo) < 0)
		return REFUSED;
	enum verdict verdict = look(repo, mail, read);
	bk_repo_close(repo);
	return verdict;
}

static bool is_slot(const char *name)
{
	return strncmp(name, "keys/", 5) == 0;
}

/* What opening a repository reads: the marker and the slots. */
static bool is_read_to_open(const char *name)
{
	return is_slot(name) || strcmp(name, "bkrepo") == 0;
}

static struct bk_repo *opened; /* while all was well */
static struct bk_buf right;    /* the mail */

static int take_right(void **state)
{
	(void)state;
	assert_int_equal(open_memory(&opened), 0);
	return look(opened, &right, true) == UNNOTICED ? 0 : -1;
}

static int drop_right(void **state)
{
	(void)state;
	bk_repo_close(opened);
	bk_buf_clear(&right);
	return 0;
}

/* The repository has `what` done to `name`.  A slot either opens a repository
 * or has nothing to do with its mail. */
static enum verdict verdict_on(const char *name, const char *what)
{
	struct bk_buf mail = {0};
	bool read = !is_slot(name);

	enum verdict verdict =
		look_at(is_read_to_open(name) ? NULL : opened, &mail, read);
	if (verdict != REFUSED && read &&
	    (mail.len != right.len ||
	     memcmp(mail.data, right.data, mail.len) != 0))
		fail_msg("%s: %s: other mail", name, what);
	bk_buf_clear(&mail);
	return verdict;
}

static void a_repository_of_this_size_is_small(void **state)
{
	(void)state;
	assert_in_range(memory.total, SMALL * 3 / 4, SMALL);
	assert_non_null(strstr(bk_buf_text(&right), "Three"));
}

static void one_byte(size_t blob, size_t at, uint8_t mask)
{
	const char *name = memory.names.items[blob].name;
	char what[48];

	(void)snprintf(what, sizeof(what), "byte %zu ^ %#x", at, mask);
	memory.bytes[blob].data[at] ^= mask;
	if (verdict_on(name, what) == UNNOTICED)
		fail_msg("%s: %s: not noticed", name, what);
	memory.bytes[blob].data[at] ^= mask;
}

static void no_changed_byte_goes_unnoticed(void **state)
{
	size_t n = 0, changes = 0;

	(void)state;
	for (size_t blob = 0; blob < memory.names.n; blob++)
		for (size_t at = 0; at < memory.bytes[blob].len; at++)
			for (size_t m = 0; m < sizeof(masks); m++, n++)
				if (n % STRIDE == n / sizeof(masks) % STRIDE) {
					one_byte(blob, at, masks[m]);
					changes++;
				}
	print_message("# %zu bytes in %zu files, %zu changes\n", memory.total,
		      memory.names.n, changes);
}

/* The blob becomes `bytes` for a look. */
static void other_bytes(size_t blob, struct bk_buf bytes, bool fine,
			const char *what)
{
	const char *name = memory.names.items[blob].name;
	struct bk_buf kept = memory.bytes[blob];

	memory.bytes[blob] = bytes;
	memory.names.items[blob].size = bytes.len;
	if (verdict_on(name, what) == UNNOTICED && !fine)
		fail_msg("%s: %s: not noticed", name, what);
	memory.bytes[blob] = kept;
	memory.names.items[blob].size = kept.len;
}

/* What is behind the end of a marker or a bundle is not read by anybody. */
static void a_shorter_file_is_found_and_a_longer_one_does_no_harm(void **state)
{
	(void)state;
	for (size_t blob = 0; blob < memory.names.n; blob++) {
		struct bk_buf bytes = {0};
		const struct bk_buf *all = &memory.bytes[blob];
		bk_buf_add(&bytes, all->data, all->len);
		bk_buf_add(&bytes, "", 1);
		other_bytes(blob, bytes, true, "a byte longer");
		bytes.len = all->len - 1;
		other_bytes(blob, bytes, false, "a byte shorter");
		bytes.len = all->len / 2;
		other_bytes(blob, bytes, false, "half of it");
		bytes.len = 0;
		other_bytes(blob, bytes, false, "empty");
		bk_buf_clear(&bytes);
	}
}

static void a_file_under_the_name_of_another_is_found(void **state)
{
	(void)state;
	for (size_t blob = 0; blob < memory.names.n; blob++)
		for (size_t by = 0; by < memory.names.n; by++)
			if (by != blob)
				other_bytes(blob, memory.bytes[by], false,
					    memory.names.items[by].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_repository_of_this_size_is_small, take_right,
			drop_right),
		cmocka_unit_test_setup_teardown(no_changed_byte_goes_unnoticed,
						take_right, drop_right),
		cmocka_unit_test_setup_teardown(
			a_shorter_file_is_found_and_a_longer_one_does_no_harm,
			take_right, drop_right),
		cmocka_unit_test_setup_teardown(
			a_file_under_the_name_of_another_is_found, take_right,
			drop_right),
	};

	return cmocka_run_group_tests(tests, start, end);
}
