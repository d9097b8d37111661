/*
 * Every byte of every file of a small repository is changed in turn, in three
 * ways: a full set and a differential on it.  Whoever opens the repository,
 * lists its sets and reads its mail gets an error or the very same mail; and a
 * check finds every one of them.
 */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job/check.h"
#include "lib/backups.h"
#include "repo/chunk_reader.h"
#include "repo/keyfile.h"
#include "repo/slot.h"
#include "target/local.h"

#define SMALL ((size_t)16 << 10)

/* Under a sanitizer once around is enough. */
#ifdef __SANITIZE_ADDRESS__
static const uint8_t masks[] = {0x80};
#else
static const uint8_t masks[] = {0x01, 0x80, 0xff};
#endif

/* ---- a repository in memory, for reading ---- */

struct memory {
	struct bk_target target;
	struct bk_blob_list names;
	struct bk_buf *bytes;
	size_t total;
};

static const struct bk_buf *blob_of(struct bk_target *target, const char *name)
{
	struct memory *m = (struct memory *)target;
	const struct bk_blob *blob = bk_blob_list_find(&m->names, name);

	return blob ? &m->bytes[blob - m->names.items] : NULL;
}

static int memory_get(struct bk_target *target, const char *name,
		      uint64_t offset, uint64_t len, struct bk_sink *to,
		      struct bk_err *err)
{
	const struct bk_buf *blob = blob_of(target, name);

	if (!blob)
		return bk_fail(err, BK_GONE, "%s: not there", name);
	if (offset > blob->len || len > blob->len - offset)
		return bk_fail(err, BK_CORRUPT, "%s: ends before", name);
	return len ? to->write(to, blob->data + offset, (size_t)len, err) : 0;
}

static int memory_stat(struct bk_target *target, const char *name,
		       uint64_t *size, struct bk_err *err)
{
	const struct bk_buf *blob = blob_of(target, name);

	if (!blob)
		return bk_fail(err, BK_GONE, "%s: not there", name);
	*size = blob->len;
	return 0;
}

static int memory_list(struct bk_target *target, const char *folder,
		       struct bk_blob_list *out, struct bk_err *err)
{
	struct memory *m = (struct memory *)target;
	size_t len = strlen(folder);

	(void)err;
	bk_blob_list_clear(out);
	for (size_t i = 0; i < m->names.n; i++) {
		const struct bk_blob *blob = &m->names.items[i];
		if (len && (strncmp(blob->name, folder, len) != 0 ||
			    blob->name[len] != '/'))
			continue;
		out->items = bk_array_room(out->items, out->n, &out->cap,
					   sizeof(*out->items));
		out->items[out->n++] =
			(struct bk_blob){bk_strdup(blob->name), blob->size, 0};
	}
	return 0;
}

static void memory_close(struct bk_target *target)
{
	(void)target;
}

static const struct bk_target_ops memory_ops = {
	.scheme = "memory",
	.close = memory_close,
	.get = memory_get,
	.stat = memory_stat,
	.list = memory_list,
};

static void memory_load(struct memory *m, struct bk_target *from)
{
	struct bk_err err = {0};

	*m = (struct memory){
		.target = {&memory_ops, "memory"}
        };
	testrepo_done(bk_target_list(from, "", &m->names, &err), &err);
	m->bytes = bk_alloc(m->names.n * sizeof(*m->bytes));
	for (size_t i = 0; i < m->names.n; i++) {
		const struct bk_blob *blob = &m->names.items[i];
		testrepo_done(bk_target_read(from, blob->name, 0, blob->size,
					     &m->bytes[i], &err),
			      &err);
		m->total += m->bytes[i].len;
	}
}

static void memory_clear(struct memory *m)
{
	for (size_t i = 0; i < m->names.n; i++)
		bk_buf_clear(&m->bytes[i]);
	free(m->bytes);
	bk_blob_list_clear(&m->names);
}

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

static const struct bk_progress_ops silent_ops = {
	no_start, no_totals, no_text, no_error, no_text, no_end,
};

/* ---- a small repository ---- */

static struct backups b;
static struct memory memory;
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
	memory_load(&memory, target);
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

static enum verdict look(struct bk_buf *mail, bool read)
{
	const struct bk_credential with = {.keyblock = keyfile_path};
	enum verdict verdict = REFUSED;
	struct bk_repo *repo = NULL;
	struct bk_err err = {0};

	mail->len = 0;
	if (bk_repo_open(&repo, &memory.target, host, &with, &err) < 0)
		return verdict;
	if (!read || read_sets(repo, mail, &err) == 0)
		verdict = check(repo) < 0 ? FOUND : UNNOTICED;
	bk_repo_close(repo);
	return verdict;
}

static void a_repository_of_this_size_is_small(void **state)
{
	struct bk_buf mail = {0};

	(void)state;
	assert_true(memory.total < SMALL);
	assert_int_equal(look(&mail, true), UNNOTICED);
	assert_non_null(strstr(bk_buf_text(&mail), "Three"));
	bk_buf_clear(&mail);
}

/* A slot either opens the repository or has nothing to do with its mail. */
static bool holds_mail(const char *name)
{
	return strncmp(name, "keys/", 5) != 0;
}

static void one_byte(size_t blob, size_t at, uint8_t mask,
		     const struct bk_buf *right, struct bk_buf *mail)
{
	const char *name = memory.names.items[blob].name;
	bool read = holds_mail(name);

	memory.bytes[blob].data[at] ^= mask;
	enum verdict verdict = look(mail, read);
	memory.bytes[blob].data[at] ^= mask;
	if (verdict == UNNOTICED)
		fail_msg("%s: byte %zu ^ %#x is not noticed", name, at, mask);
	if (verdict == FOUND && read &&
	    (mail->len != right->len ||
	     memcmp(mail->data, right->data, mail->len) != 0))
		fail_msg("%s: byte %zu ^ %#x: other mail", name, at, mask);
}

/* Not one: neither padding nor a footer, which is only a hint. */
static void no_changed_byte_goes_unnoticed(void **state)
{
	struct bk_buf right = {0}, mail = {0};

	(void)state;
	assert_int_equal(look(&right, true), UNNOTICED);
	for (size_t blob = 0; blob < memory.names.n; blob++)
		for (size_t at = 0; at < memory.bytes[blob].len; at++)
			for (size_t m = 0; m < sizeof(masks); m++)
				one_byte(blob, at, masks[m], &right, &mail);
	bk_buf_clear(&right);
	bk_buf_clear(&mail);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_repository_of_this_size_is_small),
		cmocka_unit_test(no_changed_byte_goes_unnoticed),
	};

	return cmocka_run_group_tests(tests, start, end);
}
