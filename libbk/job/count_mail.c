/* How much mail there is: see find_mail.h. */

#include <fts.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "job/find_mail.h"
#include "store/store.h"

#define COUNTING_MS 5000

static bool has_cur(const char *root)
{
	char *cur = bk_asprintf("%s/cur", root);
	struct stat st;
	bool has = lstat(cur, &st) == 0 && S_ISDIR(st.st_mode);
	free(cur);
	return has;
}

/* Adds the bytes of one account; false where time is up. */
static bool add_bytes(const char *root, int64_t until_ms, uint64_t *bytes)
{
	char *copy = bk_strdup(root);
	char *const roots[] = {copy, NULL};
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	const FTSENT *entry;
	bool whole = true;

	while (walk && whole && (entry = fts_read(walk))) {
		if (entry->fts_info == FTS_F)
			*bytes += (uint64_t)entry->fts_statp->st_size;
		whole = bk_clock_monotonic_ms() < until_ms;
	}
	if (walk)
		(void)fts_close(walk);
	free(copy);
	return whole;
}

bool bk_mail_count(struct bk_mail_found *mail, bool maildirs)
{
	const struct bk_store_config config = {
		.name = "mail",
		.type = "maildir",
		.path = mail->path,
		.layout = mail->layout,
		.control = mail->control,
		.index = mail->index,
	};
	int64_t until_ms = bk_clock_monotonic_ms() + COUNTING_MS;
	struct bk_account_list list = {0};
	struct bk_store *store = NULL;
	struct bk_err ignored = {0};

	mail->accounts = mail->bytes = 0;
	mail->at_least = false;
	if (bk_store_open(&store, &config, &ignored) == 0 &&
	    store->ops->accounts(store, &list, &ignored) == 0) {
		for (size_t i = 0; i < list.n; i++) {
			const char *root = list.items[i].root;
			if (maildirs && !has_cur(root))
				continue;
			mail->accounts++;
			if (!mail->at_least)
				mail->at_least = !add_bytes(root, until_ms,
							    &mail->bytes);
		}
	}
	bk_account_list_clear(&list);
	bk_store_close(store);
	return mail->accounts > 0;
}
