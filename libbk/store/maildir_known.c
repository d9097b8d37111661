/* What is known of accounts that are being written: see maildir_known.h. */

#include "store/maildir_known.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/path.h"
#include "store/folder_name.h"
#include "store/uidlist.h"

static struct bk_name_key key_of(struct bk_name_table *table, const char *text)
{
	return bk_name_table_key(table, text, strlen(text));
}

static bool is_same(struct bk_view a, struct bk_view b)
{
	return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

/* ---- accounts ---- */

static void known_free(struct bk_maildir_known *known)
{
	if (!known)
		return;
	bk_name_table_clear(&known->names);
	bk_name_table_clear(&known->guids);
	bk_subscriptions_clear(&known->waiting.names);
	free(known->raw.items);
	bk_arena_clear(&known->arena);
	(void)pthread_mutex_destroy(&known->lock);
	free(known);
}

/* The index of an account's, or -1; under maildir->lock. */
static long index_of(struct bk_maildir *maildir, const char *root)
{
	struct bk_name_key key = key_of(&maildir->known_roots, root);
	uint32_t i;
	size_t at = 0;

	while (bk_name_table_next(&maildir->known_roots, key, &at, &i))
		if (maildir->known[i])
			return (long)i;
	return -1;
}

static void add_name(struct bk_maildir_known *known, size_t i)
{
	struct bk_view raw = known->raw.items[i];
	struct bk_buf name = {0};

	known->utf8 |= bk_folder_name_is_utf8(raw);
	bk_folder_name_decode(
		raw, raw.data[0] == '.' ? BK_LAYOUT_MAILDIRPP : BK_LAYOUT_FS,
		&name);
	bk_name_table_add(&known->names,
			  key_of(&known->names, bk_buf_text(&name)),
			  (uint32_t)i);
	bk_buf_clear(&name);
}

static struct bk_maildir_known *read_account(struct bk_maildir_writer *w,
					     struct bk_err *err)
{
	struct bk_maildir_known *known = bk_alloc(sizeof(*known));

	known->courier = -1;
	(void)pthread_mutex_init(&known->lock, NULL);
	if (bk_maildir_raw_folders(w->maildir, w->root, &known->arena,
				   &known->raw, err) < 0) {
		known_free(known);
		return NULL;
	}
	for (size_t i = 0; i < known->raw.n; i++)
		add_name(known, i);
	return known;
}

/* Takes `known`; another thread may have been quicker. */
static struct bk_maildir_known *keep(struct bk_maildir *maildir,
				     const char *root,
				     struct bk_maildir_known *known)
{
	pthread_mutex_lock(&maildir->lock);
	long i = index_of(maildir, root);
	if (i < 0) {
		i = (long)maildir->n_known++;
		maildir->known = bk_array_room(
			maildir->known, (size_t)i, &maildir->cap_known,
			sizeof(struct bk_maildir_known *));
		maildir->known[i] = known;
		bk_name_table_add(&maildir->known_roots,
				  key_of(&maildir->known_roots, root),
				  (uint32_t)i);
		known = NULL;
	}
	struct bk_maildir_known *kept = maildir->known[i];
	pthread_mutex_unlock(&maildir->lock);
	known_free(known);
	return kept;
}

struct bk_maildir_known *bk_maildir_known(struct bk_maildir_writer *w,
					  struct bk_err *err)
{
	struct bk_maildir *maildir = w->maildir;
	struct bk_maildir_known *known = NULL;

	pthread_mutex_lock(&maildir->lock);
	long i = index_of(maildir, w->account.root);
	if (i >= 0)
		known = maildir->known[i];
	pthread_mutex_unlock(&maildir->lock);
	if (known)
		return known;
	known = read_account(w, err);
	return known ? keep(maildir, w->account.root, known) : NULL;
}

void bk_maildir_known_forget(struct bk_maildir *maildir, const char *root)
{
	pthread_mutex_lock(&maildir->lock);
	long one = root ? index_of(maildir, root) : -1;
	for (size_t i = 0; i < maildir->n_known; i++) {
		if (root && (long)i != one)
			continue;
		known_free(maildir->known[i]);
		maildir->known[i] = NULL;
	}
	pthread_mutex_unlock(&maildir->lock);
	if (root)
		return;
	free(maildir->known);
	bk_name_table_clear(&maildir->known_roots);
}

/* ---- spellings ---- */

bool bk_maildir_known_spelling(struct bk_maildir_known *known, const char *name,
			       struct bk_view *raw)
{
	uint32_t i = 0;
	size_t at = 0;

	if (strcmp(name, "INBOX") != 0 &&
	    !bk_name_table_next(&known->names, key_of(&known->names, name), &at,
				&i))
		return false;
	if (i >= known->raw.n)
		return false;
	*raw = known->raw.items[i];
	return true;
}

/* Is w's folder among them, and where?  An inbox is the first. */
static bool find_own(struct bk_maildir_known *known,
		     const struct bk_maildir_writer *w, uint32_t *i)
{
	struct bk_name_key key = key_of(&known->names, w->want->name);
	size_t at = 0;

	*i = 0;
	if (w->raw.len == 1)
		return true;
	while (bk_name_table_next(&known->names, key, &at, i))
		if (is_same(known->raw.items[*i], w->raw))
			return true;
	return false;
}

void bk_maildir_known_add(struct bk_maildir_known *known,
			  const struct bk_maildir_writer *w)
{
	struct bk_raw_folders *raw = &known->raw;
	uint32_t i;

	if (find_own(known, w, &i))
		return;
	raw->items = bk_array_room(raw->items, raw->n, &raw->cap,
				   sizeof(*raw->items));
	raw->items[raw->n].data = (const uint8_t *)bk_arena_strndup(
		&known->arena, (const char *)w->raw.data, w->raw.len);
	raw->items[raw->n++].len = w->raw.len;
	add_name(known, raw->n - 1);
}

/* ---- GUIDs ---- */

static void add_guid(struct bk_maildir_known *known, const uint8_t guid[16],
		     size_t i)
{
	bk_name_table_add(&known->guids,
			  bk_name_table_key(&known->guids, guid, 16),
			  (uint32_t)i);
}

/* A folder whose list cannot be read has none that we know of. */
static void read_guid(struct bk_maildir_known *known,
		      struct bk_maildir_writer *w, size_t i)
{
	struct bk_uidlist_reader reader;
	struct bk_err ignored = {0};

	int dir = bk_maildir_control(w->maildir, &w->account,
				     known->raw.items[i], &ignored);
	if (dir < 0)
		return;
	if (bk_uidlist_open(&reader, dir, BK_UIDLIST_NAME, &ignored) > 0) {
		if (reader.header.has_guid)
			add_guid(known, reader.header.guid, i);
		bk_uidlist_close(&reader);
	}
	(void)close(dir);
}

static bool guid_taken(struct bk_maildir_known *known,
		       const struct bk_maildir_writer *w)
{
	struct bk_name_key key =
		bk_name_table_key(&known->guids, w->want->guid, 16);
	uint32_t i;
	size_t at = 0;

	while (bk_name_table_next(&known->guids, key, &at, &i))
		if (!is_same(known->raw.items[i], w->raw))
			return true;
	return false;
}

bool bk_maildir_known_guid_taken(struct bk_maildir_writer *w)
{
	struct bk_err ignored = {0};
	struct bk_maildir_known *known = bk_maildir_known(w, &ignored);
	uint32_t own;

	if (!known)
		return true;
	pthread_mutex_lock(&known->lock);
	for (size_t i = 0; !known->knows_guids && i < known->raw.n; i++)
		read_guid(known, w, i);
	known->knows_guids = true;
	bool taken = guid_taken(known, w);
	if (!taken && find_own(known, w, &own))
		add_guid(known, w->want->guid, own);
	pthread_mutex_unlock(&known->lock);
	return taken;
}

/* ---- subscriptions ---- */

void bk_maildir_known_wait(struct bk_maildir_known *known,
			   const struct bk_maildir_writer *w, const char *name)
{
	struct bk_maildir_waiting *waiting = &known->waiting;

	pthread_mutex_lock(&known->lock);
	(void)bk_subscriptions_add(&waiting->names, name);
	waiting->courier = w->courier;
	waiting->separator = w->layout == BK_LAYOUT_FS ? '/' : '.';
	pthread_mutex_unlock(&known->lock);
}

void bk_maildir_known_waiting(struct bk_maildir *maildir, const char *root,
			      struct bk_maildir_waiting *out)
{
	*out = (struct bk_maildir_waiting){0};
	pthread_mutex_lock(&maildir->lock);
	long i = index_of(maildir, root);
	if (i >= 0) {
		*out = maildir->known[i]->waiting;
		maildir->known[i]->waiting = (struct bk_maildir_waiting){0};
	}
	pthread_mutex_unlock(&maildir->lock);
}
