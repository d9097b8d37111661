/* Messages on their way into files of their own: see eml.h. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/digest.h"
#include "store/body.h"
#include "store/eml.h"
#include "store/name_table.h"

#define WHOLE_MAX ((size_t)1 << 20) /* larger messages are spooled */

struct eml_writer {
	struct bk_folder_writer writer; /* first */
	const char *path;
	bool keywords; /* some had one, and lost it */
	size_t added;
	pthread_mutex_t lock; /* of the names and the two above */
	struct bk_name_table taken;
	struct bk_message_list there;
};

static struct eml_writer *writer_of(struct bk_folder_writer *writer)
{
	return (struct eml_writer *)writer;
}

/* ---- names ---- */

static void add_name_digits(struct bk_buf *to, const char *name)
{
	uint8_t sum[BK_SHA256_LEN];
	struct bk_sha256 sha;

	bk_sha256_init(&sha);
	bk_sha256_update(&sha, name, strlen(name));
	bk_sha256_final(&sha, sum);
	for (size_t i = 0; i < 8; i++)
		bk_buf_printf(to, "%02x", (unsigned)sum[i]);
}

void bk_eml_name(struct bk_buf *to, const struct bk_message *msg)
{
	/* As Maildir writes them, in its order. */
	static const struct {
		char letter;
		uint8_t flag;
	} letters[] = {
		{'D', BK_FLAG_DRAFT   },
                {'F', BK_FLAG_FLAGGED },
		{'P', BK_FLAG_PASSED  },
                {'R', BK_FLAG_ANSWERED},
		{'S', BK_FLAG_SEEN    },
                {'T', BK_FLAG_DELETED },
	};
	char date[BK_CLOCK_TEXT];

	bk_clock_format(date, msg->date);
	for (const char *at = date; *at && *at != 'Z'; at++)
		if (*at != '-' && *at != ':')
			bk_buf_add_u8(to, (uint8_t)*at);
	bk_buf_add_u8(to, '-');
	if (msg->uid)
		bk_buf_printf(to, "%u", msg->uid);
	else
		add_name_digits(to, msg->name ? msg->name : "");
	for (size_t i = 0, n = 0; i < sizeof(letters) / sizeof(*letters); i++)
		if (msg->flags & letters[i].flag)
			bk_buf_printf(to, "%s%c", n++ ? "" : ",",
				      letters[i].letter);
}

/* Takes the name, or the first of NAME-2, NAME-3 that is free. */
static char *take_name(struct eml_writer *w, const struct bk_message *msg)
{
	struct bk_buf name = {0};
	uint32_t value;

	bk_eml_name(&name, msg);
	size_t plain = name.len;
	for (unsigned n = 2;; n++) {
		size_t at = 0;
		bk_buf_printf(&name, ".eml");
		struct bk_name_key key =
			bk_name_table_key(&w->taken, name.data, name.len);
		if (!bk_name_table_next(&w->taken, key, &at, &value)) {
			bk_name_table_add(&w->taken, key, 0);
			break;
		}
		name.len = plain;
		bk_buf_printf(&name, "-%u", n);
	}
	char *path = bk_asprintf("%s/%s", w->path, bk_buf_text(&name));
	bk_buf_clear(&name);
	return path;
}

/* ---- writing a folder ---- */

void bk_eml_abort(struct bk_folder_writer *writer)
{
	struct eml_writer *w = writer_of(writer);

	bk_name_table_clear(&w->taken);
	bk_message_list_clear(&w->there);
	bk_folder_clear(&writer->folder);
	(void)pthread_mutex_destroy(&w->lock);
	free(w);
}

static void note_begun(struct bk_eml *eml, const char *name, const char *path)
{
	struct bk_folder *begun = bk_folder_list_add(&eml->begun);

	begun->name = bk_arena_strdup(&begun->arena, name);
	begun->raw.len = strlen(path);
	begun->raw.data =
		bk_arena_memdup(&begun->arena, path, begun->raw.len + 1);
}

/* Keywords are told as lost in the end; their table is needed till then. */
static void copy_keywords(struct bk_folder *to, const struct bk_folder *from)
{
	for (size_t i = 0; i < from->n_keywords; i++)
		(void)bk_folder_keyword(to, from->keywords[i]);
}

int bk_eml_begin(struct bk_store *store, const struct bk_account *account,
		 const struct bk_folder *folder, uint32_t uid_gap,
		 struct bk_folder_writer **out, struct bk_err *err)
{
	struct bk_eml *eml = bk_eml_of(store);
	struct eml_writer *w = bk_alloc(sizeof(*w));
	char *name = bk_asprintf("%s/%s", account->root, folder->name);

	(void)uid_gap;
	w->writer.store = store;
	(void)pthread_mutex_init(&w->lock, NULL);
	w->writer.folder.name =
		bk_arena_strdup(&w->writer.folder.arena, folder->name);
	copy_keywords(&w->writer.folder, folder);
	(void)pthread_mutex_lock(&eml->lock);
	w->path = bk_safe_path(&eml->paths, name);
	note_begun(eml, folder->name, w->path);
	(void)pthread_mutex_unlock(&eml->lock);
	free(name);
	if (eml->outlet->dir(eml->outlet, w->path, err) < 0 ||
	    eml->outlet->list(eml->outlet, w->path, &w->there, err) < 0) {
		bk_eml_abort(&w->writer);
		return -1;
	}
	bk_message_list_sort(&w->there);
	for (size_t i = 0; i < w->there.n; i++) {
		const char *taken = w->there.items[i].name;
		bk_name_table_add(
			&w->taken,
			bk_name_table_key(&w->taken, taken, strlen(taken)), 0);
	}
	*out = &w->writer;
	return 0;
}

int bk_eml_present(struct bk_folder_writer *writer, struct bk_message_list *out,
		   struct bk_err *err)
{
	struct eml_writer *w = writer_of(writer);

	(void)err;
	bk_message_list_clear(out);
	*out = w->there;
	w->there = (struct bk_message_list){0};
	return 0;
}

int bk_eml_append(struct bk_folder_writer *writer, const struct bk_message *msg,
		  struct bk_sink **out, struct bk_err *err)
{
	(void)writer;
	(void)msg;
	(void)err;
	/* An archive wants to know its length before it. */
	*out = &bk_body_coming_new(WHOLE_MAX)->into.sink;
	return 0;
}

void bk_eml_drop(struct bk_folder_writer *writer, struct bk_sink *sink)
{
	(void)writer;
	bk_body_coming_free((struct bk_body_coming *)sink);
}

/* Somebody else may take a name meanwhile: then the next one is ours. */
static int put(struct eml_writer *w, const struct bk_body_coming *coming,
	       const struct bk_message *msg, struct bk_err *err)
{
	struct bk_eml_outlet *outlet = bk_eml_of(w->writer.store)->outlet;
	struct bk_err why;
	int rc;

	do {
		why = (struct bk_err){0};
		(void)pthread_mutex_lock(&w->lock);
		char *path = take_name(w, msg);
		(void)pthread_mutex_unlock(&w->lock);
		rc = outlet->put(outlet, path, &coming->body, coming->into.size,
				 msg->date, &why);
		free(path);
	} while (rc < 0 && why.kind == BK_EXISTS);
	if (rc < 0)
		*err = why;
	return rc;
}

int bk_eml_keep(struct bk_folder_writer *writer, struct bk_sink *sink,
		const struct bk_message *msg, struct bk_err *err)
{
	struct eml_writer *w = writer_of(writer);
	struct bk_body_coming *coming = (struct bk_body_coming *)sink;
	int rc = bk_body_sink_end(&coming->into, err);

	if (rc == 0)
		rc = put(w, coming, msg, err);
	(void)pthread_mutex_lock(&w->lock);
	w->added += rc == 0;
	w->keywords |= msg->n_keywords > 0;
	(void)pthread_mutex_unlock(&w->lock);
	bk_eml_drop(writer, sink);
	return rc;
}

int bk_eml_set_flags(struct bk_folder_writer *writer,
		     const struct bk_message *there,
		     const struct bk_message *want, struct bk_err *err)
{
	(void)there;
	(void)want;
	return bk_fail(err, BK_MISUSE, "%s can only be added to",
		       writer->store->where);
}

int bk_eml_finish(struct bk_folder_writer *writer,
		  struct bk_folder_result *result, struct bk_err *err)
{
	struct eml_writer *w = writer_of(writer);

	(void)err;
	*result = (struct bk_folder_result){.no_uids = true, .added = w->added};
	if (w->keywords)
		(void)snprintf(result->note, sizeof(result->note),
			       "keywords are left out: .eml files have no "
			       "place for them");
	bk_eml_abort(writer);
	return 0;
}
