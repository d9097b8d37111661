/* Messages on their way into an mbox file: see mbox_writer.h. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "mail/header.h"
#include "store/body.h"
#include "store/mbox_writer.h"
#include "store/mboxfrom.h"
#include "store/mboxname.h"

#define WHOLE_MAX ((size_t)256 << 10) /* what is longer is in a file */

int bk_mbox_present(struct bk_folder_writer *writer,
		    struct bk_message_list *out, struct bk_err *err)
{
	struct bk_mbox_writer *w = bk_mbox_writer_of(writer);

	(void)err;
	bk_message_list_clear(out);
	for (size_t i = 0; i < w->file.list.n; i++) {
		const struct bk_message *from = &w->file.list.items[i];
		struct bk_message *msg = bk_message_list_add(out);
		*msg = *from;
		msg->name = bk_arena_strdup(&out->arena, from->name);
		msg->file = bk_arena_strdup(&out->arena, from->file);
		bk_folder_adopt_keywords(&w->writer.folder, w->here.keywords,
					 msg, &out->arena);
	}
	return 0;
}

/* ---- a body that comes ---- */

int bk_mbox_append(struct bk_folder_writer *writer,
		   const struct bk_message *msg, struct bk_sink **out,
		   struct bk_err *err)
{
	struct bk_mbox_writer *w = bk_mbox_writer_of(writer);

	(void)msg;
	if (w->level)
		return bk_fail(err, BK_REFUSED,
			       "'%s' is a folder of folders, and holds no mail",
			       w->want->name);
	*out = &bk_body_coming_new(WHOLE_MAX)->into.sink;
	return 0;
}

void bk_mbox_drop(struct bk_folder_writer *writer, struct bk_sink *sink)
{
	(void)writer;
	bk_body_coming_free((struct bk_body_coming *)sink);
}

/* ---- staging ---- */

/* Looks for lines that would begin another message. */
struct finder {
	struct bk_sink sink; /* first */
	struct bk_buf tail;  /* the line that has no end yet */
	struct bk_buf head;  /* the message's beginning */
	bool found, over;    /* over: behind the header, where Content-Length
				keeps the message together */
};

static void look_at_lines(struct finder *it, struct bk_view text)
{
	while (text.len && !it->over && !it->found) {
		const uint8_t *lf = memchr(text.data, '\n', text.len);
		size_t len = lf ? (size_t)(lf - text.data) + 1 : text.len;
		if (it->tail.len <= BK_MBOX_FROM_MAX)
			bk_buf_add(&it->tail, text.data, len);
		text.data += len;
		text.len -= len;
		if (!lf)
			return;
		struct bk_view line = bk_buf_view(&it->tail);
		it->found = bk_mbox_has_from(line);
		it->over = (line.len == 1 ||
			    (line.len == 2 && line.data[0] == '\r')) &&
			   it->head.len < BK_MBOX_HEAD_MAX;
		it->tail.len = 0;
	}
}

static int look(struct bk_sink *sink, const void *data, size_t len,
		struct bk_err *err)
{
	struct finder *it = (struct finder *)sink;

	(void)err;
	size_t more = BK_MBOX_HEAD_MAX - it->head.len;
	if (!it->over && more)
		bk_buf_add(&it->head, data, len < more ? len : more);
	look_at_lines(it, (struct bk_view){data, len});
	return 0;
}

/* Who sent it, for a From_ line: the address of its Return-Path. */
static struct bk_view sender_of(struct bk_view head)
{
	struct bk_field field;
	size_t at = 0;

	while (head.len && bk_field_next(head, &at, &field) > 0) {
		if (!bk_field_is(&field, "Return-Path"))
			continue;
		struct bk_view word = field.value;
		while (word.len &&
		       (word.data[0] <= ' ' || word.data[0] == '<')) {
			word.data++;
			word.len--;
		}
		size_t len = 0;
		while (len < word.len && len < 256 && word.data[len] > ' ' &&
		       word.data[len] < 0x7f && word.data[len] != '>')
			len++;
		word.len = len;
		return word;
	}
	return (struct bk_view){NULL, 0};
}

/* The one that it had as it was, whatever time zone this host is in. */
static struct bk_view from_line(struct bk_mbox_writer *w,
				const struct bk_message *msg,
				struct bk_view head)
{
	struct bk_mbox_name name;
	struct bk_buf from = {0};
	struct bk_mbox_date date;

	if (!bk_mbox_name_read(msg->name ? msg->name : "", &name, &from) ||
	    !bk_mbox_from_parse(name.from, &date) ||
	    memchr(name.from.data, '\n', name.from.len)) {
		from.len = 0;
		bk_mbox_from_write(&from, sender_of(head), msg->date);
	}
	struct bk_view line = {bk_arena_memdup(&w->arena, from.data, from.len),
			       from.len};
	bk_buf_clear(&from);
	return line;
}

static int spool(struct bk_mbox_writer *w, const struct bk_body_coming *coming,
		 struct bk_err *err)
{
	struct bk_fd_sink sink;

	if (w->spool < 0)
		w->spool = bk_body_spool(err);
	if (w->spool < 0)
		return -1;
	if (lseek(w->spool, (off_t)w->spooled, SEEK_SET) < 0)
		return bk_body_spool_failed(err);
	bk_fd_sink_init(&sink, w->spool);
	return bk_body_copy(&coming->body, &sink.sink, err);
}

static int stage(struct bk_mbox_writer *w, const struct bk_body_coming *coming,
		 const struct bk_message *msg, struct bk_view head,
		 struct bk_err *err)
{
	if (spool(w, coming, err) < 0)
		return -1;
	w->staged = bk_array_room(w->staged, w->n_staged, &w->cap_staged,
				  sizeof(*w->staged));
	struct bk_mbox_staged *staged = &w->staged[w->n_staged++];
	*staged = (struct bk_mbox_staged){
		.bytes = {w->spooled, coming->into.size},
		.name = bk_arena_strdup(&w->arena, msg->name ? msg->name : ""),
		.from = from_line(w, msg, head),
		.date = msg->date,
		.uid = msg->uid,
		.flags = msg->flags,
		.n_keywords = msg->n_keywords,
	};
	if (msg->n_keywords)
		staged->keywords = bk_arena_memdup(
			&w->arena, msg->keywords,
			msg->n_keywords * sizeof(*msg->keywords));
	w->spooled += coming->into.size;
	return 0;
}

size_t bk_mbox_loses(struct bk_view message, struct bk_buf *begin)
{
	bool own = false, lost = false;
	size_t len = bk_mbox_head_length(message, &own);

	own = false;
	begin->len = 0;
	for (size_t at = 0; at < len;) {
		struct bk_view line = {message.data + at, len - at};
		const uint8_t *lf = memchr(line.data, '\n', line.len);
		if (lf)
			line.len = (size_t)(lf - line.data) + 1;
		if (!own || (*line.data != ' ' && *line.data != '\t'))
			own = bk_mbox_field_of(line) != BK_MBOX_NONE;
		lost |= own;
		if (!own)
			bk_buf_add(begin, line.data, line.len);
		at += line.len;
	}
	return lost ? len : 0;
}

int bk_mbox_keep(struct bk_folder_writer *writer, struct bk_sink *sink,
		 const struct bk_message *msg, struct bk_err *err)
{
	struct bk_mbox_writer *w = bk_mbox_writer_of(writer);
	struct bk_body_coming *coming = (struct bk_body_coming *)sink;
	struct finder finder = {.sink = {look}};
	int rc = bk_folder_check_keywords(&w->writer.folder, msg, err);

	if (rc == 0)
		rc = bk_body_sink_end(&coming->into, err);
	if (rc == 0)
		rc = bk_body_copy(&coming->body, &finder.sink, err);
	/* The last line may have no end. */
	finder.found |=
		!finder.over && bk_mbox_has_from(bk_buf_view(&finder.tail));
	if (rc == 0 && finder.found)
		rc = bk_fail(err, BK_REFUSED,
			     "its header has a line that begins a message in "
			     "an mbox file; restore it to another place");
	if (rc == 0) {
		(void)pthread_mutex_lock(&w->lock);
		rc = stage(w, coming, msg, bk_buf_view(&finder.head), err);
		(void)pthread_mutex_unlock(&w->lock);
	}
	bk_buf_clear(&finder.tail);
	bk_buf_clear(&finder.head);
	bk_mbox_drop(writer, sink);
	return rc;
}

/* ---- messages that are there ---- */

struct bk_mbox_change *bk_mbox_change_of(struct bk_mbox_writer *w,
					 const char *name)
{
	uint32_t i;
	size_t at = 0;

	return bk_name_table_next(
		       &w->changed,
		       bk_name_table_key(&w->changed, name, strlen(name)), &at,
		       &i)
		       ? &w->changes[i]
		       : NULL;
}

static struct bk_mbox_change *change_of(struct bk_mbox_writer *w,
					const char *name)
{
	struct bk_mbox_change *change = bk_mbox_change_of(w, name);

	if (change)
		return change;
	w->changes = bk_array_room(w->changes, w->n_changes, &w->cap_changes,
				   sizeof(*w->changes));
	bk_name_table_add(&w->changed,
			  bk_name_table_key(&w->changed, name, strlen(name)),
			  (uint32_t)w->n_changes);
	w->changes[w->n_changes] = (struct bk_mbox_change){.remove = false};
	return &w->changes[w->n_changes++];
}

int bk_mbox_remove(struct bk_folder_writer *writer,
		   const struct bk_message *msg, struct bk_err *err)
{
	struct bk_mbox_writer *w = bk_mbox_writer_of(writer);

	(void)err;
	(void)pthread_mutex_lock(&w->lock);
	change_of(w, msg->name)->remove = true;
	(void)pthread_mutex_unlock(&w->lock);
	return 0;
}

int bk_mbox_set_flags(struct bk_folder_writer *writer,
		      const struct bk_message *present,
		      const struct bk_message *want, struct bk_err *err)
{
	struct bk_mbox_writer *w = bk_mbox_writer_of(writer);

	if (bk_folder_check_keywords(&w->writer.folder, want, err) < 0)
		return -1;
	if (bk_message_same_marks(present, want))
		return 0;
	(void)pthread_mutex_lock(&w->lock);
	struct bk_mbox_change *change = change_of(w, present->name);
	change->flags = want->flags;
	change->n_keywords = want->n_keywords;
	change->keywords = NULL;
	if (want->n_keywords)
		change->keywords = bk_arena_memdup(
			&w->arena, want->keywords,
			want->n_keywords * sizeof(*want->keywords));
	(void)pthread_mutex_unlock(&w->lock);
	return 0;
}
