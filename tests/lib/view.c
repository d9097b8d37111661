/* What a store or a set shows: see view.h. */

#include "lib/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "lib/test.h"
#include "lib/testrepo.h"
#include "repo/chunk_reader.h"
#include "repo/set.h"

#define CACHE ((size_t)16 << 20)

static void show_folder(struct bk_buf *out, const char *address,
			const struct bk_folder *folder)
{
	bk_buf_printf(out, "F %s %s %u %u %d\n", address, folder->name,
		      folder->uid_validity, folder->uid_next,
		      folder->subscribed);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void show_keywords(struct bk_buf *out, const struct bk_folder *folder,
			  const struct bk_message *msg)
{
	const char *names[64];

	assert_true(msg->n_keywords <= 64);
	for (size_t i = 0; i < msg->n_keywords; i++) {
		assert_true(msg->keywords[i] < folder->n_keywords);
		names[i] = folder->keywords[msg->keywords[i]];
	}
	qsort(names, msg->n_keywords, sizeof(names[0]), by_text);
	for (size_t i = 0; i < msg->n_keywords; i++)
		bk_buf_printf(out, "%s,", names[i]);
}

static void show_message(struct bk_buf *out, const char *address,
			 const struct bk_folder *folder,
			 const struct bk_message *msg, struct bk_view body)
{
	uint8_t sum[BK_SHA256_LEN];
	struct bk_sha256 sha;
	char hex[BK_ID_TEXT];

	bk_sha256_init(&sha);
	bk_sha256_update(&sha, body.data, body.len);
	bk_sha256_final(&sha, sum);
	bk_buf_printf(out, "M %s %s %u %s %u ", address, folder->name, msg->uid,
		      msg->name, msg->flags);
	show_keywords(out, folder, msg);
	bk_buf_printf(out, " %jd %ju %s\n", (intmax_t)msg->date,
		      (uintmax_t)msg->size, bk_id_hex(hex, sum));
}

/* ---- a store ---- */

static void fetch_and_show(struct bk_store *store,
			   const struct bk_account *account,
			   const struct bk_folder *folder,
			   struct bk_message *msg, struct bk_buf *out)
{
	struct bk_body body = BK_BODY((size_t)1 << 20);
	struct bk_err err = {0};

	testrepo_done(
		store->ops->fetch(store, account, folder, msg, &body, &err),
		&err);
	if (body.spool >= 0) {
		uint8_t *into = bk_buf_grow(&body.bytes, (size_t)msg->size);
		testrepo_done(bk_fd_read_at(body.spool, into, (size_t)msg->size,
					    0, &err),
			      &err);
	}
	show_message(out, account->address, folder, msg,
		     bk_buf_view(&body.bytes));
	bk_body_clear(&body);
}

static void show_account(struct bk_store *store,
			 const struct bk_account *account, struct bk_buf *out)
{
	struct bk_folder_list folders = {0};
	struct bk_err err = {0};

	testrepo_done(store->ops->folders(store, account, &folders, &err),
		      &err);
	for (size_t i = 0; i < folders.n; i++) {
		struct bk_folder *folder = &folders.items[i];
		struct bk_message_list list = {0};
		if (!folder->no_select)
			testrepo_done(store->ops->scan(store, account, folder,
						       &list, &err),
				      &err);
		show_folder(out, account->address, folder);
		for (size_t k = 0; k < list.n; k++)
			fetch_and_show(store, account, folder, &list.items[k],
				       out);
		bk_message_list_clear(&list);
	}
	bk_folder_list_clear(&folders);
}

void view_store(const struct bk_store_config *config, struct bk_buf *out)
{
	struct bk_account_list accounts = {0};
	struct bk_store *store = NULL;
	struct bk_err err = {0};

	testrepo_done(bk_store_open(&store, config, &err), &err);
	testrepo_done(store->ops->accounts(store, &accounts, &err), &err);
	for (size_t i = 0; i < accounts.n; i++)
		show_account(store, &accounts.items[i], out);
	bk_account_list_clear(&accounts);
	bk_store_close(store);
}

/* ---- a set ---- */

struct showing {
	struct bk_set *set;
	struct bk_chunk_reader *reader;
	uint8_t (*sums)[BK_SHA256_LEN]; /* of folders, in the order of ids */
	uint64_t messages, bytes;
};

static void read_and_show(struct showing *showing, const char *address,
			  const struct bk_folder *folder,
			  const struct bk_row *row, struct bk_buf *out)
{
	struct bk_buf body = {0};
	struct bk_buf_sink sink;
	struct bk_err err = {0};

	bk_buf_sink_init(&sink, &body, SIZE_MAX);
	testrepo_done(
		bk_chunk_reader_join(showing->reader, row, &sink.sink, &err),
		&err);
	show_message(out, address, folder, &row->msg, bk_buf_view(&body));
	showing->messages++;
	showing->bytes += row->msg.size;
	bk_buf_clear(&body);
}

static void show_set_folder(struct showing *showing, const char *address,
			    size_t at, struct bk_buf *out)
{
	const struct bk_set_folder *folder = &showing->set->folders[at];
	struct bk_row_list rows = {0};
	struct bk_err err = {0};

	show_folder(out, address, &folder->folder);
	testrepo_done(bk_set_rows(showing->set, folder->id, true, &rows, &err),
		      &err);
	assert_int_equal(rows.n, folder->messages);
	for (size_t i = 0; i < rows.n; i++)
		read_and_show(showing, address, &folder->folder, &rows.items[i],
			      out);
	bk_set_folder_sum(folder, &rows, showing->sums[at]);
	bk_row_list_clear(&rows);
}

/* INBOX first, as stores list them, then by name. */
static const struct bk_set *sorted_set;

static int by_name(const void *a, const void *b)
{
	const char *x = sorted_set->folders[*(const size_t *)a].folder.name;
	const char *y = sorted_set->folders[*(const size_t *)b].folder.name;
	int inbox = !strcmp(y, "INBOX") - !strcmp(x, "INBOX");

	return inbox ? inbox : strcmp(x, y);
}

static int by_address(const void *a, const void *b)
{
	return strcmp(sorted_set->accounts[*(const size_t *)a].account.address,
		      sorted_set->accounts[*(const size_t *)b].account.address);
}

static size_t *sorted(const struct bk_set *set, size_t n,
		      int (*order)(const void *, const void *))
{
	size_t *numbers = bk_alloc((n + 1) * sizeof(*numbers));

	for (size_t i = 0; i < n; i++)
		numbers[i] = i;
	sorted_set = set;
	qsort(numbers, n, sizeof(*numbers), order);
	return numbers;
}

static void check_end(const struct showing *showing)
{
	const struct bk_set *set = showing->set;
	uint8_t sum[BK_SHA256_LEN];
	struct bk_sha256 sha;

	bk_sha256_init(&sha);
	for (size_t i = 0; i < set->n_folders; i++)
		bk_sha256_update(&sha, showing->sums[i], BK_SHA256_LEN);
	bk_sha256_final(&sha, sum);
	assert_memory_equal(sum, set->state_sha256, sizeof(sum));
	assert_int_equal(showing->messages, set->messages);
	assert_int_equal(showing->bytes, set->bytes);
	assert_int_equal(showing->messages,
			 set->levels[0].root.totals.messages);
}

void view_set(const struct bk_repo *repo, const uint8_t id[16],
	      struct bk_buf *out)
{
	struct showing showing = {0};
	struct bk_err err = {0};

	testrepo_done(bk_set_open(&showing.set, repo, id, &err), &err);
	const struct bk_set *set = showing.set;
	showing.reader = bk_chunk_reader_new(set, CACHE);
	showing.sums = bk_alloc((set->n_folders + 1) * sizeof(*showing.sums));
	size_t *accounts = sorted(set, set->n_accounts, by_address);
	size_t *folders = sorted(set, set->n_folders, by_name);
	for (size_t i = 0; i < set->n_accounts; i++) {
		const struct bk_set_account *account =
			&set->accounts[accounts[i]];
		for (size_t k = 0; k < set->n_folders; k++)
			if (set->folders[folders[k]].account_id == account->id)
				show_set_folder(&showing,
						account->account.address,
						folders[k], out);
	}
	check_end(&showing);
	free(accounts);
	free(folders);
	free(showing.sums);
	bk_chunk_reader_free(showing.reader);
	bk_set_close(showing.set);
}

void view_compare(struct bk_buf *want, struct bk_buf *got)
{
	const char *a = bk_buf_text(want), *b = bk_buf_text(got);

	while (*a || *b) {
		size_t la = strcspn(a, "\n"), lb = strcspn(b, "\n");
		if (la != lb || strncmp(a, b, la) != 0)
			fail_msg("want: %.*s\n got: %.*s", (int)la, a, (int)lb,
				 b);
		a += la + (a[la] != 0);
		b += lb + (b[lb] != 0);
	}
}
